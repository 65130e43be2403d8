//! The host in an address, as people write addresses: the rest of it may be wrong.

/// `otel` of `http://me@otel:4318/v1`; `None` without a scheme.
pub(crate) fn host(address: &str) -> Option<&str> {
    address.split_once("://").and_then(|(_, rest)| host_without_scheme(rest))
}

/// `otel` of `me@otel:4318/v1`.
pub(crate) fn host_without_scheme(rest: &str) -> Option<&str> {
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit('@').next()?.split(':').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_stands_without_what_is_around_it() {
        for address in [
            "http://otel",
            "http://otel:4318/v1",
            "tcp://me:pw@otel:1?x=a@b",
            "https://otel#a",
            "a:b://otel/",
        ] {
            assert_eq!(host(address), Some("otel"), "{address}");
        }
        assert_eq!((host("otel:4318"), host_without_scheme("otel:4318/x")), (None, Some("otel")));
    }
}
