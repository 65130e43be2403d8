//! TLS without OpenSSL, and the certificate authorities that it trusts.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// Clients of one start are made together; a hot reload comes later and finds new authorities.
const MAX_CACHE_AGE: Duration = Duration::from_secs(5);

/// Trusts the machine's authorities, Mozilla's where the machine has none, and those of `ca_file`. Fails with words for
/// the user.
pub(super) fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = machine_roots();
    if let Some(path) = ca_file {
        add_file(Arc::make_mut(&mut roots), path)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("cannot set up TLS: {error}"))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
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
