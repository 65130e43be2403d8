//! Keys by which an API of the user's learns who sends.

use super::key::KeyForm::{Choice, Text};
use super::key::{Key, Scope, key};
use super::kind::DestinationKind;
use crate::config::endpoint::SIGNED_SERVICES;

const API: Scope = Scope::Only(&[DestinationKind::Http, DestinationKind::Otlp]);

pub(super) const KEYS: &[Key] = &[
    key(
        API,
        "auth",
        Choice(&["aws", "oauth2"]),
        "How requests prove who sends them: with a signature of AWS (`aws`), or with a token that the plugin gets by OAuth2 client credentials (`oauth2`). Default: by what the other keys set. See docs/http.md.",
        "aws",
    ),
    key(
        API,
        "aws_service",
        Choice(SIGNED_SERVICES),
        "Service that `auth aws` signs for. Default: the one that the address names.",
        "es",
    ),
    key(
        API,
        "region",
        Text,
        "AWS region that `auth aws` signs for. Default: the one that the address names, then the environment, then the profile, then the instance metadata.",
        "eu-west-1",
    ),
    key(API, "token_url", Text, "Address of the token endpoint, for `auth oauth2`.", "https://login.example.com/oauth2/token"),
    key(API, "client_id", Text, "Client that asks for the token.", "log-router"),
    key(API, "client_secret", Text, "Secret of `client_id`.", "${CLIENT_SECRET}").secret(),
    key(
        API,
        "client_auth",
        Choice(&["basic", "post"]),
        "How the client shows its secret to the token endpoint: in an `Authorization` header (`basic`), or in the form (`post`).",
        "post",
    )
    .default("basic"),
    key(API, "scope", Text, "Scopes to ask for, with blanks between them.", "logs.write"),
    key(API, "audience", Text, "API that the token is for, where the token endpoint wants it.", "https://logs.example.com"),
    key(
        API,
        "tls_cert_file",
        Text,
        "PEM file with the client's certificate, followed by those of its intermediate authorities.",
        "/etc/ssl/client.pem",
    ),
    key(API, "tls_key_file", Text, "PEM file with the key of `tls_cert_file`, without a passphrase.", "/etc/ssl/client.key"),
];
