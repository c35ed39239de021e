//! Who may ask.

use std::fmt;

use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use subtle::ConstantTimeEq;

use crate::error::McpError;

/// Shortest token: 16 random characters of 64 are 96 bits, more than can be tried over a network.
const SHORTEST: usize = 16;

/// A secret that clients send as `Authorization: Bearer …` (RFC 6750). It is never printed.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A token from its text.
    ///
    /// # Errors
    /// [`McpError::Token`] where it is too short or no header can carry it.
    pub fn new(text: impl Into<String>) -> Result<Self, McpError> {
        let text = text.into();
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
        if text.len() < SHORTEST {
            return Err(McpError::Token { problem: "is too short" });
        }
        if !text.chars().all(fits) {
            return Err(McpError::Token { problem: "has a character that a bearer token cannot have" });
        }
        Ok(Self(text))
    }

    /// Whether the request has it. The time that takes tells the token's length at most.
    pub(super) fn is_shown_in(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return false };
        let Some((scheme, shown)) = value.as_bytes().split_at_checked("Bearer ".len()) else { return false };
        scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(shown.ct_eq(self.0.as_bytes()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

pub(super) fn unauthorized() -> impl IntoResponse {
    (
        StatusCode::UNAUTHORIZED,
        [(WWW_AUTHENTICATE, "Bearer realm=\"zen\"")],
        "This server wants a token: send it as 'Authorization: Bearer TOKEN'.\n",
    )
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const SECRET: &str = "0123456789abcdef";

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_str(value).expect("a header's value"));
        }
        headers
    }

    #[test]
    fn only_the_very_token_is_let_in() {
        let token = Token::new(SECRET).expect("a token");
        for right in ["Bearer 0123456789abcdef", "bearer 0123456789abcdef"] {
            assert!(token.is_shown_in(&headers(&[right])), "{right}");
        }
        for wrong in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer 0123456789abcde",
            "Bearer 0123456789abcdeg",
            "Bearer 0123456789abcdef0",
            "Bearer  0123456789abcdef",
            "Basic 0123456789abcdef",
            "0123456789abcdef",
        ] {
            assert!(!token.is_shown_in(&headers(&[wrong])), "{wrong:?}");
        }
        assert!(!token.is_shown_in(&headers(&[])));
        assert!(!token.is_shown_in(&headers(&["Bearer 0123456789abcdef", "Bearer x"])));
    }

    #[test]
    fn tokens_are_checked_and_never_printed() {
        for wrong in ["", "a-word", "has a blank in it!!!", "0123456789abcde\n0", "0123456789abcdé0"] {
            let error = Token::new(wrong).expect_err("no token").to_string();
            assert!(wrong.is_empty() || !error.contains(wrong), "{error}");
        }
        assert!(!format!("{:?}", Token::new(SECRET).expect("a token")).contains(SECRET));
    }
}
