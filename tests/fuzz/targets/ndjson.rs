//! Throws bytes at `checks::ndjson`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wardbell_fuzz::ndjson::check(bytes));
