//! What a machine may lack.

use std::path::{Path, PathBuf};

/// Tells that a story could not be told here. On CI everything must be there.
pub fn skip(story: &str, why: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{story}: {why}, and on CI nothing is skipped");
    eprintln!("SKIPPED {story}: {why}");
}

/// A browser.
pub fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/bin")]);
    let names = ["chromium", "chromium-browser", "google-chrome"];
    folders.flat_map(|folder| names.map(|name| folder.join(name))).find(|file| file.is_file())
}

/// The program that tries an API against its description.
pub fn schemathesis() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join("schemathesis")).find(|file| file.is_file())
}

/// Whether there is git.
pub fn has_git() -> bool {
    std::process::Command::new("git").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The library that shows a process another time.
pub fn libfaketime() -> Option<PathBuf> {
    let folders = ["/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib/faketime"];
    let more = ["/usr/lib64/faketime", "/usr/local/lib/faketime"];
    folders.iter().chain(&more).map(|folder| Path::new(folder).join("libfaketimeMT.so.1")).find(|file| file.is_file())
}

/// Whether this process may mount.
pub fn is_root() -> bool {
    std::process::Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}
