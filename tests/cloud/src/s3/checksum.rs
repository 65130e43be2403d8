//! Checksums of content: `Content-MD5` and `x-amz-checksum-*`, verified as S3 does.
//!
//! Reference: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html> (read
//! 2026-11). SHA-1 is not supported.

use base64::{Engine, prelude::BASE64_STANDARD};
use crc::{CRC_32_ISCSI, CRC_32_ISO_HDLC, CRC_64_NVME, Crc, Table};
use md5::{Digest, Md5};
use sha2::Sha256;

use crate::{received::Received, reply::Refusal};

static CRC32: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);
static CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);
static CRC64NVME: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_NVME);

const PREFIX: &str = "x-amz-checksum-";

/// Verifies every checksum a request carries; returns the names of those there were.
pub(super) fn check(request: &Received) -> Result<Vec<String>, Refusal> {
    let mut checked = Vec::new();
    for name in request.headers.keys().map(http::HeaderName::as_str) {
        if let Some(algorithm) = algorithm_of(name) {
            check_one(request, name, algorithm)?;
            checked.push(algorithm.to_owned());
        }
    }
    match request.header("x-amz-sdk-checksum-algorithm").map(str::to_ascii_lowercase) {
        Some(promised) if !checked.contains(&promised) => {
            let message = "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* headers were found.";
            Err(Refusal::broken("InvalidRequest", message))
        }
        _ => Ok(checked),
    }
}

/// The algorithm a header carries a checksum of.
fn algorithm_of(header: &str) -> Option<&str> {
    match header {
        "content-md5" => Some("md5"),
        _ => header.strip_prefix(PREFIX).filter(|rest| !["algorithm", "type", "mode"].contains(rest)),
    }
}

fn check_one(request: &Received, header: &str, algorithm: &str) -> Result<(), Refusal> {
    let unknown = || Refusal::broken("InvalidRequest", format!("{header}: unknown checksum"));
    let actual = of(algorithm, &request.body).ok_or_else(unknown)?;
    let claimed = request.header(header).unwrap_or_default();
    match claimed == actual {
        true => Ok(()),
        false => Err(Refusal::broken(
            "BadDigest",
            format!(
                "The {} you specified did not match the calculated checksum: {claimed}, {actual}",
                algorithm.to_ascii_uppercase()
            ),
        )),
    }
}

/// A checksum in base64, big-endian as S3 wants it.
pub(super) fn of(algorithm: &str, bytes: &[u8]) -> Option<String> {
    let checksum = match algorithm {
        "md5" => Md5::digest(bytes).to_vec(),
        "sha256" => Sha256::digest(bytes).to_vec(),
        "crc32" => CRC32.checksum(bytes).to_be_bytes().to_vec(),
        "crc32c" => CRC32C.checksum(bytes).to_be_bytes().to_vec(),
        "crc64nvme" => CRC64NVME.checksum(bytes).to_be_bytes().to_vec(),
        _ => return None,
    };
    Some(BASE64_STANDARD.encode(checksum))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the CRC catalogue, which are those of the text `123456789`.
    #[test]
    fn published_check_values() {
        let checksum =
            |algorithm: &str| BASE64_STANDARD.decode(of(algorithm, b"123456789").unwrap()).unwrap();
        assert_eq!(checksum("crc32"), 0xcbf4_3926_u32.to_be_bytes());
        assert_eq!(checksum("crc32c"), 0xe306_9283_u32.to_be_bytes());
        assert_eq!(checksum("crc64nvme"), 0xae8b_1486_0a79_9888_u64.to_be_bytes());
        assert_eq!(of("md5", b"").unwrap(), "1B2M2Y8AsgTpgAmY7PhCfg==");
        assert_eq!(of("sha256", b"").unwrap(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert!(of("sha1", b"").is_none());
    }
}
