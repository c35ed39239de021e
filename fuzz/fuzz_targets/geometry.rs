//! Geometry: any bytes are printed or refused.
#![no_main]

use ducklake_format::geometry::wkt;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = wkt(bytes);
});
