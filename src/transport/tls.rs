//! TLS without OpenSSL, the certificate authorities that it trusts, and the certificate that it shows.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, InconsistentKeys, RootCertStore};

use crate::config::{ClientCertificate, is_key_material};

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
    let unreadable = |error: pem::Error| unusable(unreadable(path, &error));
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
                "{path_shown} holds no PEM key without a passphrase; write the file of the key alone; a passphrase is removed with: openssl pkey -in FILE -out NEW"
            ),
            error => unreadable(path, &error),
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
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(path, &error))?;
    let mut added = 0;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| unreadable(path, &error))?;
        roots.add(certificate).map_err(|error| unreadable(path, &error))?;
        added += 1;
    }
    if added == 0 { Err(format!("{} holds no PEM certificate", path.display())) } else { Ok(()) }
}

/// Why a file cannot be read. A key that a variable put in the place of its path is not shown.
fn unreadable(path: &Path, error: &dyn fmt::Display) -> String {
    match is_key_material(path) {
        true => "is the text of a key or certificate, not the path of a file; write the text to a file, and its path here".to_owned(),
        false => format!("cannot read {}: {error}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_the_place_of_its_path_is_not_shown() {
        let texts = [
            "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY----- hunter2",
            "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0thunter2",
            "MC4CAQAwBQYDK2VwBCIEIhunter2A+/ao6fBVEuw0H9pYXs3Yw4Cw==",
        ];
        for text in texts {
            let path = Path::new(text);
            let certificate = ClientCertificate { cert_file: path.to_owned(), key_file: path.to_owned() };
            let found = [
                read_key(path).unwrap_err(),
                client_config(None, Some(&certificate)).unwrap_err(),
                client_config(Some(path), None).unwrap_err(),
            ];
            for UnusableFile { what, .. } in found {
                assert!(
                    what.starts_with("is the text of a key or certificate") && !what.contains("hunter2"),
                    "{what}"
                );
            }
        }
        let missing = read_key(Path::new("/etc/ssl/router.key")).unwrap_err().what;
        assert!(missing.starts_with("cannot read /etc/ssl/router.key: "), "{missing}");
    }

    #[test]
    fn clients_that_are_made_together_share_the_machines_authorities() {
        let first = Arc::as_ptr(&machine_roots());
        let again = machine_roots();
        assert!(!again.is_empty());
        assert_eq!(first, Arc::as_ptr(&again), "also when the first client is gone");
    }
}
