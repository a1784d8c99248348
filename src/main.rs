//! The `wardbell` binary.

use std::process::ExitCode;

/// Faster than the system allocator for the many small allocations of an incident storm.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    wardbell::cli::main()
}
