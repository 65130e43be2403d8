//! AWS's published test suite for Signature Version 4,
//! <https://docs.aws.amazon.com/general/latest/gr/signature-v4-test-suite.html>, and S3's example.

use http::{HeaderName, HeaderValue};

use super::*;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct Case<'a> {
    name: &'a str,
    request: &'a str,
    headers: &'static [(&'static str, &'static str)],
    payload_hash: &'a str,
    signature: &'a str,
}

impl Case<'_> {
    fn check(&self) {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")].iter().chain(self.headers)
        {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let (method, target) = self.request.split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let message = Message { method, path, query, headers: &headers, payload_hash: self.payload_hash };
        let authorization = Authorization::parse(&authorization(&headers, self.signature)).unwrap();
        let canonical = canonical_request(&authorization, &message);
        assert_eq!(
            signature(&authorization, SECRET, &message),
            self.signature,
            "{}:\n{canonical}",
            self.name
        );
    }
}

fn authorization(headers: &HeaderMap, signature: &str) -> String {
    let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    let names = names.join(";");
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={names}, \
         Signature={signature}"
    )
}

fn case<'a>(name: &'a str, request: &'a str, signature: &'a str) -> Case<'a> {
    Case { name, request, headers: &[], payload_hash: EMPTY, signature }
}

/// Signature, name and request of the cases without headers of their own.
const PLAIN: &str = "\
5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31 get-vanilla                        GET /
a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb get-vanilla-empty-query-key        GET /?Param1=value1
5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31 get-vanilla-query                  GET /
371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac get-vanilla-query-order-encoded    GET /?Param-3=Value3&Param=Value2&%E1%88%B4=Value1
b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500 get-vanilla-query-order-key-case   GET /?Param2=value2&Param1=value1
9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197 get-vanilla-query-unreserved       GET /?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz
2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04 get-vanilla-utf8-query             GET /?ሴ=bar
07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f get-unreserved                     GET /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz
8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85 get-utf8                           GET /ሴ
652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741 get-space-normalized               GET /example space/
5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31 get-relative-normalized            GET /example/..
5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31 get-relative-relative-normalized   GET /example1/example2/../..
5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31 get-slash-normalized               GET //
5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31 get-slash-dot-slash-normalized     GET /./
9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84 get-slashes-normalized             GET //example//
ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5 get-slash-pointless-dot-normalized GET /./example
5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b post-vanilla                       POST /
28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11 post-vanilla-query                 POST /?Param1=value1
28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11 post-vanilla-empty-query-value     POST /?Param1=value1";

#[test]
fn published_vectors() {
    for line in PLAIN.lines() {
        let (signature, rest) = line.split_once(' ').unwrap();
        let (name, request) = rest.split_once(' ').unwrap();
        case(name, request.trim_start(), signature).check();
    }
}

/// The PUT of <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>.
#[test]
fn published_vector_of_s3() {
    let hash = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    let mut headers = HeaderMap::new();
    headers.insert("date", HeaderValue::from_static("Fri, 24 May 2013 00:00:00 GMT"));
    headers.insert("host", HeaderValue::from_static("examplebucket.s3.amazonaws.com"));
    headers.insert("x-amz-content-sha256", HeaderValue::from_static(hash));
    headers.insert("x-amz-date", HeaderValue::from_static("20130524T000000Z"));
    headers.insert("x-amz-storage-class", HeaderValue::from_static("REDUCED_REDUNDANCY"));
    let expected = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd";
    let authorization = Authorization::parse(&format!(
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=date;host;\
         x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature={expected}"
    ));
    let message =
        Message { method: "PUT", path: "/test$file.text", query: "", headers: &headers, payload_hash: hash };
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    assert_eq!(signature(&authorization.unwrap(), secret, &message), expected);
}

#[test]
fn headers_are_trimmed_and_joined() {
    let headers = &[("my-header1", "value2"), ("my-header1", "value2"), ("my-header1", "value1")];
    let signature = "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea";
    Case { headers, ..case("get-header-key-duplicate", "GET /", signature) }.check();
    let headers = &[
        ("my-header1", "value4"),
        ("my-header1", "value1"),
        ("my-header1", "value3"),
        ("my-header1", "value2"),
    ];
    let signature = "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01";
    Case { headers, ..case("get-header-value-order", "GET /", signature) }.check();
    let headers = &[("my-header1", " value1"), ("my-header2", " \"a   b   c\"")];
    let signature = "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736";
    Case { headers, ..case("get-header-value-trim", "GET /", signature) }.check();
    let headers =
        &[("x-amz-security-token", "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267")];
    let signature = "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8";
    Case { headers, ..case("get-vanilla-with-session-token", "GET /", signature) }.check();
    let headers = &[("my-header1", "value1")];
    let signature = "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c";
    Case { headers, ..case("post-header-key-sort", "POST /", signature) }.check();
    let headers = &[("my-header1", "VALUE1")];
    let signature = "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d";
    Case { headers, ..case("post-header-value-case", "POST /", signature) }.check();
    let headers = &[(
        "x-amz-security-token",
        "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==",
    )];
    let signature = "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead";
    Case { headers, ..case("post-sts-header-before", "POST /", signature) }.check();
}

#[test]
fn the_body_counts() {
    let body = "Param1=value1";
    assert_eq!(
        sha256_hex(body.as_bytes()),
        "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"
    );
    let headers = &[
        ("content-length", "13"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"),
    ];
    let payload_hash = "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e";
    let signature = "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b";
    Case { name: "post-x-www-form-urlencoded", request: "POST /", headers, payload_hash, signature }.check();
}

#[test]
fn s3_signs_the_key_encoded_once() {
    assert_eq!(canonical_path("s3", "/a//b/../c%20d"), "/a//b/../c%20d");
    assert_eq!(canonical_path("s3", "/dt=1/%C3%BC(1)"), "/dt%3D1/%C3%BC%281%29");
    assert_eq!(canonical_path("logs", "/a//b/../c%20d"), "/a/c%2520d");
}

#[test]
fn broken_authorization_is_told() {
    let told = |header: &str| Authorization::parse(header).unwrap_err();
    assert!(told("Bearer x").contains("AWS4-HMAC-SHA256"));
    assert!(
        told("AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, Signature=x").contains("'SignedHeaders'")
    );
    assert!(told("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=x").contains("a/b"));
}
