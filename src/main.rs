//! The one binary.

use std::process::ExitCode;

/// What a storm of incidents asks of it in small pieces, the system's own gives out more slowly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    wardbell::cli::main()
}
