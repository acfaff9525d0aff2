//! A TLS server before a plain one, with a certificate that no public authority signed.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use rcgen::{BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tempfile::TempDir;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// A certificate for 127.0.0.1 that is signed by an authority of its own.
pub struct PrivateCertificate {
    /// Of the authority.
    pub ca_pem: String,
    pub certificate: Certificate,
    pub key: KeyPair,
}

impl PrivateCertificate {
    pub fn new() -> Self {
        let ca_key = KeyPair::generate().expect("a key");
        let mut ca = CertificateParams::new(Vec::new()).expect("parameters");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.distinguished_name = named("A private authority");
        let ca_pem = ca.self_signed(&ca_key).expect("a certificate").pem();
        let key = KeyPair::generate().expect("a key");
        let server = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
        let certificate = server.signed_by(&key, &Issuer::from_params(&ca, &ca_key)).expect("a certificate");
        Self { ca_pem, certificate, key }
    }
}

pub struct TlsFront {
    pub addr: SocketAddr,
    /// The certificate to trust: of the authority, or of the server itself.
    pub ca_file: PathBuf,
    _folder: TempDir,
    accepting: JoinHandle<()>,
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl TlsFront {
    /// Its certificate is signed by an authority of its own, and names 127.0.0.1.
    pub async fn with_private_ca(behind: SocketAddr) -> Self {
        let PrivateCertificate { ca_pem, certificate, key } = PrivateCertificate::new();
        Self::serve(behind, certificate.der().clone(), &key, &ca_pem).await
    }

    /// Its certificate is what `openssl req -x509` makes: it is its own authority, and names no host.
    pub async fn self_signed(behind: SocketAddr) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut server = CertificateParams::new(Vec::new()).expect("parameters");
        server.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        server.distinguished_name = named("pod");
        let certificate = server.self_signed(&key).expect("a certificate");
        Self::serve(behind, certificate.der().clone(), &key, &certificate.pem()).await
    }

    async fn serve(behind: SocketAddr, certificate: CertificateDer<'static>, key: &KeyPair, ca_pem: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, ca_pem).expect("written");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a certificate with its key");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("bound");
        let accepting = tokio::spawn(async move {
            loop {
                let Ok((client, _)) = listener.accept().await else { continue };
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that does not trust the certificate goes away.
                    let Ok(mut client) = acceptor.accept(client).await else { return };
                    let Ok(mut server) = TcpStream::connect(behind).await else { return };
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
        Self { addr, ca_file, _folder: folder, accepting }
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}
