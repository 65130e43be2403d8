//! The access keys the cloud accepts, and which of them have expired.
//!
//! Does not verify signatures; it only knows secrets.

use std::collections::HashMap;

/// The access key accepted unless the builder says otherwise.
pub(crate) const DEFAULT_KEY: (&str, &str) = ("AKIDEXAMPLE", "secret");

/// The token the credentials endpoint hands out for a key that has none of its own.
pub(crate) const SESSION_TOKEN: &str = "session-token";

/// One access key.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
    pub(crate) expired: bool,
}

impl Key {
    /// The token to hand out with this key.
    pub(crate) fn session_token(&self) -> &str {
        self.token.as_deref().unwrap_or(SESSION_TOKEN)
    }

    /// Whether a request's security token belongs to this key.
    pub(crate) fn accepts_token(&self, token: Option<&str>) -> bool {
        match (&self.token, token) {
            (Some(ours), Some(theirs)) => ours == theirs,
            (Some(_), None) => false,
            (None, None) => true,
            (None, Some(theirs)) => theirs == SESSION_TOKEN,
        }
    }
}

/// All keys ever accepted; the last one is handed out by the credentials endpoint.
#[derive(Debug, Default)]
pub(crate) struct Keyring {
    keys: HashMap<String, Key>,
    current: String,
}

impl Keyring {
    /// Accepts a key from now on and hands it out.
    pub(crate) fn accept(&mut self, id: &str, secret: &str, token: Option<&str>) {
        self.add(id, secret, token);
        id.clone_into(&mut self.current);
    }

    /// Accepts a key from now on without handing it out.
    pub(crate) fn add(&mut self, id: &str, secret: &str, token: Option<&str>) {
        let key = Key {
            id: id.to_owned(),
            secret: secret.to_owned(),
            token: token.map(str::to_owned),
            expired: false,
        };
        self.keys.insert(id.to_owned(), key);
    }

    pub(crate) fn expire_all(&mut self) {
        self.keys.values_mut().for_each(|key| key.expired = true);
    }

    pub(crate) fn get(&self, id: &str) -> Option<Key> {
        self.keys.get(id).cloned()
    }

    pub(crate) fn current(&self) -> Key {
        self.keys[&self.current].clone()
    }
}
