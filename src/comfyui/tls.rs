//! TLS to a ComfyUI, or to PostgreSQL, with a certificate that no public authority signed.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};

/// Why a file of certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    #[error("{path} cannot be read: {why}")]
    Unreadable { path: PathBuf, why: String },
    #[error("{path} has no certificate: it must be in PEM format, and begin with -----BEGIN CERTIFICATE-----")]
    Empty { path: PathBuf },
    #[error("{path} has a certificate that cannot be used: {why}")]
    Unusable { path: PathBuf, why: String },
}

/// Trusts the certificates in this file, and no others.
pub fn client_config(ca_file: &Path) -> Result<Arc<ClientConfig>, CaError> {
    let path = || ca_file.to_owned();
    let pem = std::fs::read(ca_file).map_err(|error| CaError::Unreadable { path: path(), why: error.to_string() })?;
    let unusable = |why: String| CaError::Unusable { path: path(), why };
    let trusted = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>().map_err(|error| unusable(error.to_string()))?;
    if trusted.is_empty() {
        return Err(CaError::Empty { path: path() });
    }
    let mut roots = RootCertStore::empty();
    for certificate in &trusted {
        roots.add(certificate.clone()).map_err(|error| unusable(error.to_string()))?;
    }
    let provider = Arc::new(ring::default_provider());
    let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let authorities = authorities.build().map_err(|error| unusable(error.to_string()))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trust { trusted, authorities }))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Trusts what public authorities have signed.
///
/// # Errors
/// The library has no version of TLS.
pub fn public_authorities() -> Result<Arc<ClientConfig>, Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions()?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// A server's certificate is trusted if it is one of these, or if one of these signed it.
///
/// The first is what webpki alone refuses: what `openssl req -x509` makes is its own authority, and often lacks the host's name. That the
/// server has the certificate's private key is proven by the handshake all the same.
#[derive(Debug)]
struct Trust {
    trusted: Vec<CertificateDer<'static>>,
    authorities: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.trusted.iter().any(|trusted| trusted == end_entity) {
            return Ok(ServerCertVerified::assertion());
        }
        self.authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// The certificate of the server was not accepted: why.
pub(super) fn rejected_certificate(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(Error::InvalidCertificate(why)) = error.downcast_ref() {
            return Some(why.to_string());
        }
        // An `io::Error` leaves out of `source` the error that it was made of, which may be one more.
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io;

    use rustls::CertificateError;

    use super::*;

    #[test]
    fn a_rejected_certificate_is_found_below_what_wraps_it() {
        let rejected = || Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, rejected()));
        for error in [&rejected() as &(dyn std::error::Error + 'static), &io::Error::other(rejected()), &wrapped] {
            assert!(rejected_certificate(error).is_some(), "{error:?}");
        }
        assert_eq!(rejected_certificate(&io::Error::other(Error::HandshakeNotComplete)), None);
    }
}
