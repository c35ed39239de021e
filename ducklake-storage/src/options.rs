//! Credentials and endpoints, from a profile or from the environment.

use std::fmt;

/// Settings of S3-compatible stores. What is absent is looked up in the environment: `AWS_ACCESS_KEY_ID`,
/// `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION` (or `AWS_DEFAULT_REGION`), `AWS_ENDPOINT_URL_S3` (or
/// `AWS_ENDPOINT_URL`, `AWS_ENDPOINT`), and for R2 `R2_ACCOUNT_ID`, `R2_ACCESS_KEY_ID`, `R2_SECRET_ACCESS_KEY`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StorageOptions {
    /// Endpoint URL, for stores other than AWS.
    pub endpoint: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Access key id.
    pub access_key_id: Option<String>,
    /// Secret access key.
    pub secret_access_key: Option<String>,
    /// Session token.
    pub session_token: Option<String>,
    /// Cloudflare account id: makes the endpoint of R2, with region `auto`.
    pub account_id: Option<String>,
    /// Whether the bucket is part of the host name rather than of the path.
    pub virtual_host_style: bool,
}

impl fmt::Debug for StorageOptions {
    /// Without secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageOptions")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("account_id", &self.account_id)
            .field("access_key_id", &self.access_key_id.is_some())
            .finish_non_exhaustive()
    }
}

/// Settings of one bucket after the environment was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct S3Settings {
    pub(crate) endpoint: Option<String>,
    pub(crate) region: String,
    pub(crate) access_key_id: Option<String>,
    pub(crate) secret_access_key: Option<String>,
    pub(crate) session_token: Option<String>,
    pub(crate) virtual_host_style: bool,
}

impl StorageOptions {
    /// Fills what is absent from `env`; `scheme` is `s3` or `r2`.
    pub(crate) fn resolve(&self, scheme: &str, env: impl Fn(&str) -> Option<String>) -> Result<S3Settings, String> {
        let env = |names: &[&str]| names.iter().find_map(|name| env(name).filter(|value| !value.is_empty()));
        let r2 = scheme == "r2" || self.account_id.is_some();
        if r2 {
            let endpoint = match (&self.endpoint, self.account_id.clone().or_else(|| env(&["R2_ACCOUNT_ID"]))) {
                (Some(endpoint), _) => endpoint.clone(),
                (None, Some(account)) => format!("https://{account}.r2.cloudflarestorage.com"),
                (None, None) => {
                    return Err("R2 needs an account id (R2_ACCOUNT_ID or account_id in the profile)".into());
                }
            };
            return Ok(S3Settings {
                endpoint: Some(endpoint),
                region: self.region.clone().unwrap_or_else(|| "auto".into()),
                access_key_id: self.access_key_id.clone().or_else(|| env(&["R2_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID"])),
                secret_access_key: self
                    .secret_access_key
                    .clone()
                    .or_else(|| env(&["R2_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY"])),
                session_token: self.session_token.clone(),
                virtual_host_style: self.virtual_host_style,
            });
        }
        Ok(S3Settings {
            endpoint: self
                .endpoint
                .clone()
                .or_else(|| env(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]))
                .map(|e| if e.contains("://") { e } else { format!("https://{e}") }),
            region: self
                .region
                .clone()
                .or_else(|| env(&["AWS_REGION", "AWS_DEFAULT_REGION"]))
                .unwrap_or_else(|| "us-east-1".into()),
            access_key_id: self.access_key_id.clone().or_else(|| env(&["AWS_ACCESS_KEY_ID"])),
            secret_access_key: self.secret_access_key.clone().or_else(|| env(&["AWS_SECRET_ACCESS_KEY"])),
            session_token: self.session_token.clone().or_else(|| env(&["AWS_SESSION_TOKEN"])),
            virtual_host_style: self.virtual_host_style,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r2_makes_its_endpoint_from_the_account() {
        let env = |name: &str| (name == "R2_ACCOUNT_ID").then(|| "acc".to_string());
        let settings = StorageOptions::default().resolve("r2", env).unwrap();
        assert_eq!(settings.endpoint.as_deref(), Some("https://acc.r2.cloudflarestorage.com"));
        assert_eq!(settings.region, "auto");
        assert!(StorageOptions::default().resolve("r2", |_| None).is_err());
    }

    #[test]
    fn options_win_over_the_environment() {
        let env = |name: &str| Some(format!("env-{name}"));
        let options = StorageOptions { region: Some("eu".into()), ..StorageOptions::default() };
        let settings = options.resolve("s3", env).unwrap();
        assert_eq!(settings.region, "eu");
        assert_eq!(settings.access_key_id.as_deref(), Some("env-AWS_ACCESS_KEY_ID"));
        assert_eq!(settings.endpoint.as_deref(), Some("https://env-AWS_ENDPOINT_URL_S3"));
    }
}
