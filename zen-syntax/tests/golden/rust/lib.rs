#!/usr/bin/env run-cargo-script
// Copyright: not documentation.
#![allow(dead_code)]
//! The crate's page.
//!
//! # Examples
//!
//! ```
//! # use shapes::Circle;
//! let circle = Circle::new(1.0);
//! ```
#![warn(missing_docs)]
/*! And its end. */

extern crate alloc as heap;

pub use crate::shapes::{self, Circle as Round, square::*, deep::{Nested, self}};
use std::{collections::HashMap, fmt};
use super::sibling;
pub(crate) use helper::*;

/// Declared elsewhere.
pub mod shapes;
#[cfg(feature = "net")]
#[path = "sockets.rs"]
pub(crate) mod net;

/// Above,
pub mod inline {
    //! and within.

    pub(super) struct Hidden;
    pub(in crate::inline) struct Deeper;
    pub(self) struct Own;

    pub mod nested {
        pub fn leaf() {}

        impl super::Hidden {
            pub fn climbed(&self) {}
        }
    }
}

/// Adds.
///
/// # Arguments
///
/// * `a` - one
///
/// # Errors
/// When it does not fit.
/// ## Details
/// Of the error.
///
/// # Panics
/// Never.
///
/// # Example
///
/// ```
/// # // a heading this is not
/// add(1, 2);
/// ```
#[inline]
#[must_use = "it is \"pure\""]
#[deprecated(since = "1.2.0", note = "use `sum`, it is better")]
pub const fn add(a: u32, mut b: u32) -> Result<u32, Overflow> {
    fn local() {}
    struct Local;
    impl Local {
        pub fn unreachable() {}
    }
    b += a;
    Ok(b)
}

/**
 * Stars and all.
 *
 * # Safety
 *
 * `p` is valid.
 */
#[no_mangle]
#[doc = " From an attribute.\n\tTabbed \u{e4}."]
#[doc(hidden)]
#[deprecated]
// an ordinary comment between
#[must_use]
pub unsafe extern "C" fn raw(p: *const u8, len: usize, ...) -> i32 { 0 }

//// Four slashes are no documentation.
/*** Nor are three stars. */
pub(crate) async fn fetch<'a, 'b: 'a, T, const N: usize>(
    client: &'a Client, // who asks
    /* what */ (first, second): (T, [u8; N]),
    _: &'b str,
) -> Result<Vec<T>, Box<dyn std::error::Error + Send>>
where
    T: Clone + 'a, // clones
    [u8; N]: Default,
{
    //! Documentation within a function.
    let reply = client.inner.get::<T>(first).await?;
    let parsed: Vec<_> = reply.body().lines().map(|line| parse(line)).collect::<Vec<_>>();
    <T as Clone>::clone(&second);
    Vec::<u8>::with_capacity(N);
    self::inline::nested::leaf();
    println!("{}", fmt::format(format_args!("x")));
    (client.handler)(reply);
    Some(parsed)
}

/// How much.
pub const LIMIT: usize = 4 * 1024;
const _: () = {
    impl Trait for Round {
        fn made_by_a_macro(&self) {}
    }
};
pub static mut COUNTER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
static NAMES: &[&str] = &["a", "b"];

/// Short for long.
pub type Callback<'a, T = ()> = Box<dyn Fn(&'a T) -> bool + Send>;

pub fn r#match(r#type: u8) {}

unsafe extern "C" {
    /// The length.
    pub fn strlen(s: *const i8) -> usize;
    static errno: i32;
}

extern "system" fn callback() {}

#[cfg(all(test, feature = "slow"))]
mod tests {
    use super::*;

    struct Fixture;

    impl super::Outer {
        fn only_in_tests(&self) {}
    }

    #[test]
    fn adds() {
        assert_eq!(add(1, 2), Ok(3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_of_a_module() {}
