//! The HTTP client of everything that calls out.

use reqwest::ClientBuilder;
use tokio_rustls::rustls::crypto::ring;

/// A client whose TLS uses `ring`, and that takes no proxy from the environment: a proxy would see secrets.
pub fn client_builder() -> ClientBuilder {
    // An error means that it was installed before.
    let _already = ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "the provider is installed")]
    ClientBuilder::new().no_proxy()
}
