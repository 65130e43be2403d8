//! TLS without OpenSSL, the certificate authorities that it trusts, and the certificate that it shows.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, InconsistentKeys, RootCertStore};

use crate::config::ClientCertificate;

/// Clients of one start are made together; a hot reload comes later and finds new authorities.
const MAX_CACHE_AGE: Duration = Duration::from_secs(5);

/// A file that a key names, and that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableFile {
    /// The key, without its destination.
    pub key: &'static str,
    /// What is wrong, in words for the user.
    pub what: String,
}

/// Trusts the machine's authorities, Mozilla's where the machine has none, and those of `ca_file`; shows `certificate` to
/// servers that ask for one.
pub(super) fn client_config(
    ca_file: Option<&Path>,
    certificate: Option<&ClientCertificate>,
) -> Result<ClientConfig, UnusableFile> {
    let of_ca_file = |what| UnusableFile { key: "ca_file", what };
    let mut roots = machine_roots();
    if let Some(path) = ca_file {
        add_file(Arc::make_mut(&mut roots), path).map_err(of_ca_file)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| of_ca_file(format!("cannot set up TLS: {error}")))?
        .with_root_certificates(roots);
    let Some(certificate) = certificate else { return Ok(config.with_no_client_auth()) };
    let chain = read_chain(&certificate.cert_file)?;
    let key = read_key(&certificate.key_file)?;
    config.with_client_auth_cert(chain, key).map_err(|error| unusable_pair(certificate, &error))
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, UnusableFile> {
    let unusable = |what| UnusableFile { key: "tls_cert_file", what };
    let unreadable = |error: pem::Error| unusable(format!("cannot read {}: {error}", path.display()));
    let certificates = CertificateDer::pem_file_iter(path).map_err(unreadable)?;
    let chain: Vec<_> = certificates.collect::<Result<_, _>>().map_err(unreadable)?;
    if chain.is_empty() {
        let what = format!(
            "{} holds no PEM certificate; write the file that begins with -----BEGIN CERTIFICATE-----",
            path.display()
        );
        return Err(unusable(what));
    }
    Ok(chain)
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, UnusableFile> {
    let path_shown = path.display();
    PrivateKeyDer::from_pem_file(path).map_err(|error| {
        let what = match error {
            pem::Error::NoItemsFound => format!(
                "{path_shown} holds no PEM key without a passphrase; remove the passphrase: openssl pkey -in FILE -out NEW"
            ),
            error => format!("cannot read {path_shown}: {error}"),
        };
        UnusableFile { key: "tls_key_file", what }
    })
}

fn unusable_pair(certificate: &ClientCertificate, error: &rustls::Error) -> UnusableFile {
    let ClientCertificate { cert_file, key_file } = certificate;
    let what = match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => format!(
            "the key in {} is not the key of the certificate in {}; write the two that were issued together",
            key_file.display(),
            cert_file.display()
        ),
        error => format!(
            "the certificate in {} cannot be used with {}: {error}",
            cert_file.display(),
            key_file.display()
        ),
    };
    UnusableFile { key: "tls_key_file", what }
}

/// The machine's authorities can be hundreds of files, so clients that are made together share one reading.
fn machine_roots() -> Arc<RootCertStore> {
    static CACHE: Mutex<Option<(Instant, Arc<RootCertStore>)>> = Mutex::new(None);
    // A time and a pointer are whole at any moment.
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, roots)) = cache.as_ref().filter(|(read_at, _)| read_at.elapsed() < MAX_CACHE_AGE) {
        return Arc::clone(roots);
    }
    let roots = Arc::new(read_machine_roots());
    *cache = Some((Instant::now(), Arc::clone(&roots)));
    roots
}

fn read_machine_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let unreadable = |error: &dyn fmt::Display| format!("cannot read {}: {error}", path.display());
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?;
    let mut added = 0;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        roots.add(certificate).map_err(|error| unreadable(&error))?;
        added += 1;
    }
    if added == 0 { Err(format!("{} holds no PEM certificate", path.display())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_that_are_made_together_share_the_machines_authorities() {
        let first = Arc::as_ptr(&machine_roots());
        let again = machine_roots();
        assert!(!again.is_empty());
        assert_eq!(first, Arc::as_ptr(&again), "also when the first client is gone");
    }
}
