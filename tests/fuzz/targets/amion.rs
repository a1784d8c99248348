//! Throws bytes at `checks::amion`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wardbell_fuzz::amion::check(bytes));
