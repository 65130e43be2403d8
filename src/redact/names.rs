//! Which names say that what follows is a secret.

/// Words that mark a secret wherever they are in a name, also without a separator: `PGPASSWORD`.
const INSIDE: [&str; 4] = ["password", "passwd", "passphrase", "secret"];
/// Words that mark a secret as the end of a part of a name: `authtoken`.
const AT_THE_END: [&str; 15] = [
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "credentials",
    "sshkey",
    "privkey",
    "masterkey",
    "accountkey",
    "storagekey",
    "sharedkey",
    "signingkey",
    "encryptionkey",
    "appkey",
];
/// Short words for a password, which mark a secret behind one of `OWNERS`: `bypass` and `oldpwd` are none.
const SHORT: [&str; 3] = ["pass", "pwd", "pw"];
const OWNERS: [&str; 40] = [
    "db", "my", "mysql", "pg", "psql", "sql", "postgres", "mongo", "redis", "rabbit", "rabbitmq", "amqp",
    "maria", "mariadb", "oracle", "jdbc", "smtp", "mail", "imap", "ftp", "sftp", "ldap", "bind", "http",
    "proxy", "ssh", "root", "admin", "user", "login", "app", "api", "web", "vpn", "service", "master", "key",
    "store", "kafka", "docker",
];
/// Ends of words that name a list of secrets; `tokens` may also be their number.
const LISTS: [&str; 9] = [
    "passwords",
    "passwds",
    "passphrases",
    "secrets",
    "tokens",
    "apikeys",
    "accesskeys",
    "privatekeys",
    "credentials",
];
/// Words that mark a secret only alone: `author` and `monkey` are none.
const ALONE: [&str; 9] = ["key", "auth", "authorization", "pass", "pwd", "pw", "signature", "sig", "cookie"];
/// What a name ends with that tells about a secret, but not the secret.
const ABOUT: [&str; 18] = [
    "file", "path", "dir", "arn", "name", "id", "url", "uri", "type", "version", "length", "count", "ttl",
    "expiry", "policy", "size", "alg", "region",
];
/// What a name begins with that switches something off, and so takes no value.
const OFF: [&str; 3] = ["no", "without", "disable"];

/// Masks of other rules, which name secrets: `[aws_key]=` is no field.
pub(super) const OF_MASKS: [&str; 5] = ["aws_key", "private_key", "secret", "url_password", "vendor_token"];

/// How the value of an `Authorization` begins. Without one of these, small letters are prose: "may require authorization:
/// server message: …".
const SCHEMES: [&str; 11] = [
    "basic",
    "bearer",
    "digest",
    "negotiate",
    "token",
    "apikey",
    "aws4-hmac-sha256",
    "ntlm",
    "hawk",
    "oauth",
    "splunk",
];

/// Schemes whose credentials are parameters with blanks between them.
const WITH_PARAMETERS: [&str; 4] = ["digest", "aws4-hmac-sha256", "hawk", "oauth"];

/// Schemes that, in capitals, no prose has before a word.
const TOKEN_SCHEMES: [&str; 2] = ["Bearer", "Basic"];

/// Longer names of cookies are not looked for.
const MAX_COOKIE_NAME_CHARS: usize = 256;

/// Longer than any of these.
const MAX_SCHEME_BYTES: usize = 20;

/// Names whose colon is followed by a secret also in plain text.
const FIELDS: [&str; 4] = ["password", "passwd", "passphrase", "private-token"];

/// Whether a value of this name is a secret: of an option, a header, a variable, a field.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let words = words(name);
    let is_about = words.last().is_some_and(|last| ABOUT.contains(&last.as_str()));
    // A variable has a value.
    let is_off = !is_variable(name) && words.first().is_some_and(|first| OFF.contains(&first.as_str()));
    let last = words.last().is_some_and(|last| marks(last.trim_end_matches(|c: char| c.is_ascii_digit())));
    !is_about && !is_off && (last || words.iter().any(|word| marks(word))) && !is_plural(&words)
}

/// Whether the texts in a list of this name are secrets.
pub(super) fn is_list(name: &str) -> bool {
    name.ends_with(['s', 'S']) && {
        let letters = words(name).concat();
        LISTS.iter().any(|list| letters.ends_with(list))
    }
}

fn marks(word: &str) -> bool {
    let is_owned = |short: &&str| word.strip_suffix(*short).is_some_and(|owner| OWNERS.contains(&owner));
    SHORT.iter().any(is_owned)
        || INSIDE.iter().any(|part| word.contains(part))
        || AT_THE_END.iter().any(|part| word.ends_with(part))
        || ALONE.contains(&word)
}

/// `--max-tokens` counts; `secrets` names a list of them.
fn is_plural(words: &[String]) -> bool {
    matches!(words, [.., last] if last == "secrets" || last == "passwords")
}

/// `LOG_LEVEL`, as variables are written.
pub(super) fn is_variable(name: &str) -> bool {
    name.contains(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Whether a value of this name is a secret in a field of JSON, where `key` and `key1` are names of tags.
#[must_use]
pub fn is_secret_field(name: &str) -> bool {
    let is_tag = name.trim_end_matches(|c: char| c.is_ascii_digit()).eq_ignore_ascii_case("key");
    !is_tag && is_secret(name)
}

/// Whether `name: value` is a header that holds a secret.
pub(super) fn is_header(name: &str, value: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "authorization" | "proxy-authorization" => name != lower || is_scheme(first_word(value)),
        "cookie" | "set-cookie" => {
            name != lower || value.chars().take(MAX_COOKIE_NAME_CHARS).any(|c| c == '=')
        }
        _ => lower.starts_with("x-") && is_secret(name),
    }
}

/// Whether a word of a command is an option whose value, the next word, is a secret.
pub(super) fn is_option(word: &[u8]) -> bool {
    let name = word.strip_prefix(b"-").and_then(|name| std::str::from_utf8(name).ok());
    name.is_some_and(|name| !name.contains('=') && is_secret(name.trim_start_matches('-')))
}

/// Whether this word may be the value of the option before it: it is no option. What begins as PEM does is none.
pub(super) fn may_follow_option(word: &[u8]) -> bool {
    !word.starts_with(b"--") || word.starts_with(b"-----")
}

/// Whether the text in the second of these fields has its name in the first: `{"name":"TOKEN","value":"…"}`.
pub(super) fn are_name_and_value(first: &[u8], second: &[u8]) -> bool {
    second.eq_ignore_ascii_case(b"value")
        && (first.eq_ignore_ascii_case(b"name") || first.eq_ignore_ascii_case(b"key"))
}

/// Whether credentials follow this word.
pub(super) fn is_scheme(word: &str) -> bool {
    SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(word))
}

/// Whether the credentials of this scheme go to the end of the line.
pub(super) fn takes_parameters(scheme: &str) -> bool {
    WITH_PARAMETERS.iter().any(|known| known.eq_ignore_ascii_case(scheme))
}

/// Whether `name: value` are credentials with their scheme. "auth: token expired" are none.
pub(super) fn is_credentials(name: &str, value: &str) -> bool {
    let value = value.trim_start_matches(['\\', '"', '\'']);
    let scheme = first_word(value);
    is_scheme(scheme) && is_secret(name) && {
        let credentials = value.get(scheme.len()..).unwrap_or_default().trim_start_matches([' ', '\t']);
        let mut word = credentials.bytes().take_while(|byte| !byte.is_ascii_whitespace());
        let is_prose = !word.any(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'=');
        !credentials.is_empty() && (TOKEN_SCHEMES.contains(&scheme) || !is_prose)
    }
}

/// Up to a blank, or as long as a scheme may be.
fn first_word(text: &str) -> &str {
    let begin = text.bytes().take(MAX_SCHEME_BYTES);
    text.get(..begin.take_while(|byte| !byte.is_ascii_whitespace()).count()).unwrap_or_default()
}

/// Whether a secret follows this name and a colon in plain text, as in a list of settings.
pub(super) fn is_field_in_text(name: &str) -> bool {
    FIELDS.contains(&name.to_ascii_lowercase().as_str())
}

/// `X-Api-Key`, `client_secret`, `dbPassword` → their words in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for c in name.chars() {
        let begins = c.is_ascii_uppercase() && after_lower;
        if begins || !c.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
        after_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}
