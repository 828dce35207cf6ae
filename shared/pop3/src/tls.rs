//! Which certificates are trusted.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::Error;

/// A configuration that trusts Mozilla's root certificates (compiled in, by `webpki-roots`) and, with `extra_ca_pem`, the
/// certificates in it (PEM, one or more): for a company's own CA. TLS 1.2 and 1.3, by ring.
///
/// The provider is named here and never taken from the process, so that no other part of a program can change it.
///
/// # Errors
/// [`Error::Tls`] if `extra_ca_pem` holds no certificate, or one that cannot be read.
pub fn tls_config(extra_ca_pem: Option<&[u8]>) -> Result<Arc<ClientConfig>, Error> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    if let Some(pem) = extra_ca_pem {
        let mut found = false;
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| Error::Tls(rustls::Error::General(format!("CA file: {error}"))))?;
            roots.add(certificate).map_err(Error::Tls)?;
            found = true;
        }
        if !found {
            return Err(Error::Tls(rustls::Error::General("CA file: no certificate in it".to_owned())));
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(Error::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_file_without_certificates_is_an_error() {
        assert!(tls_config(None).is_ok());
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for pem in ["", "hello", broken] {
            assert_eq!(tls_config(Some(pem.as_bytes())).unwrap_err().code(), "tls", "{pem:?}");
        }
    }
}
