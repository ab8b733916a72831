//! The master key and what is derived from it: the key that signs access tokens and the key that seals secrets at rest.
//!
//! It reads and makes the key file; it does not decide where that file is (config.rs) and never prints a key.

use crate::config::{Config, Database};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use larboard_core::id::IdSource;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Why there is no usable master key, as a sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct KeyError(String);

/// A sealed text did not open: it was written with another master key, or damaged.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value does not open with this master key")]
pub struct Unsealable;

/// The keys of this installation.
#[derive(Clone)]
pub struct Keys {
    sealing: Arc<LessSafeKey>,
    /// Signs access tokens.
    pub token: Arc<Zeroizing<Vec<u8>>>,
    ids: Arc<dyn IdSource>,
}

impl std::fmt::Debug for Keys {
    /// Says that there are keys, and nothing of them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

/// What a key of its own is derived for. The text never changes: it is part of the derivation.
const SEALING: &[u8] = b"larboard sealing v1";
const TOKENS: &[u8] = b"larboard access tokens v1";

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Keys {
    /// The keys that belong to `config`; makes the key file on the first start with SQLite.
    ///
    /// # Errors
    /// If no key is given on PostgreSQL, or the one given is not 32 bytes in base64, or its file cannot be read or
    /// is readable by others.
    pub fn load(config: &Config, ids: Arc<dyn IdSource>) -> Result<Self, KeyError> {
        let text = match (
            &config.master_key,
            &config.master_key_file,
            &config.database,
        ) {
            (Some(key), _, _) => Zeroizing::new(key.clone()),
            (None, Some(path), _) => read(path)?,
            (None, None, Database::Sqlite) => {
                read_or_make(&config.data.join("master.key"), ids.as_ref())?
            }
            (None, None, Database::Postgres(_)) => {
                return Err(KeyError(
                    "PostgreSQL needs a master key that every replica shares: set LARBOARD_MASTER_KEY to 32 random bytes \
                     in base64 (`openssl rand -base64 32`) or LARBOARD_MASTER_KEY_FILE to a file that holds them"
                        .into(),
                ));
            }
        };
        Self::from_base64(&text, ids)
    }

    /// The keys derived from a master key written in base64.
    ///
    /// # Errors
    /// If the text is not base64 of exactly 32 bytes.
    pub fn from_base64(text: &str, ids: Arc<dyn IdSource>) -> Result<Self, KeyError> {
        let master = Zeroizing::new(
            STANDARD
                .decode(text.trim())
                .map_err(|_| KeyError("the master key is not base64 text".into()))?,
        );
        if master.len() != 32 {
            return Err(KeyError(format!(
                "the master key has {} bytes and needs exactly 32",
                master.len()
            )));
        }
        let sealing = derive(&master, SEALING)?;
        let sealing = UnboundKey::new(&AES_256_GCM, &sealing)
            .map_err(|_| KeyError("the key cannot be used".into()))?;
        Ok(Self {
            sealing: Arc::new(LessSafeKey::new(sealing)),
            token: Arc::new(derive(&master, TOKENS)?),
            ids,
        })
    }

    /// Seals `plain` for storage: nonce, ciphertext, tag. The `purpose` (table and column) is bound to it, so that a
    /// sealed value moved elsewhere does not open.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0_u8; NONCE_LEN];
        self.ids.fill(&mut nonce);
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + 16);
        sealed.extend_from_slice(&nonce);
        let mut body = plain.to_vec();
        // Sealing fails only for texts of many gigabytes, which the body limit excludes; an empty seal never opens.
        if self
            .sealing
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                &mut body,
            )
            .is_ok()
        {
            sealed.extend_from_slice(&body);
        }
        sealed
    }

    /// Opens what [`Keys::seal`] made for the same purpose.
    ///
    /// # Errors
    /// If it was sealed with another key or for another purpose, or was altered.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(Unsealable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = self
            .sealing
            .open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut body)
            .map_err(|_| Unsealable)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    /// Opens a sealed text.
    ///
    /// # Errors
    /// As [`Keys::open`], and if the plain bytes are not UTF-8.
    pub fn open_text(&self, purpose: &str, sealed: &[u8]) -> Result<String, Unsealable> {
        String::from_utf8(self.open(purpose, sealed)?.to_vec()).map_err(|_| Unsealable)
    }
}

fn derive(master: &[u8], purpose: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut key = Zeroizing::new(vec![0_u8; 32]);
    Salt::new(HKDF_SHA256, b"larboard")
        .extract(master)
        .expand(&[purpose], Length(32))
        .and_then(|okm| okm.fill(&mut key))
        .map_err(|_| KeyError("a key cannot be derived from the master key".into()))?;
    Ok(key)
}

fn read(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        KeyError(format!(
            "cannot read the master key file {}: {e}",
            path.display()
        ))
    })?;
    let mode = std::fs::metadata(path)
        .map(|m| m.permissions().mode() & 0o077)
        .unwrap_or(0);
    if mode != 0 {
        return Err(KeyError(format!(
            "the master key file {} can be read by others: run `chmod 600 {0}`",
            path.display()
        )));
    }
    Ok(Zeroizing::new(text))
}

fn read_or_make(path: &Path, ids: &dyn IdSource) -> Result<Zeroizing<String>, KeyError> {
    let fail = |e: std::io::Error| {
        KeyError(format!(
            "cannot make the master key file {}: {e}",
            path.display()
        ))
    };
    match std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        Ok(mut file) => {
            let mut key = Zeroizing::new([0_u8; 32]);
            ids.fill(key.as_mut());
            let text = Zeroizing::new(format!("{}\n", STANDARD.encode(key.as_ref())));
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
                .map_err(fail)?;
            Ok(text)
        }
        Err(e) if e.kind() == ErrorKind::AlreadyExists => read(path),
        Err(e) => Err(fail(e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemIds;

    fn keys(byte: u8) -> Keys {
        Keys::from_base64(&STANDARD.encode([byte; 32]), Arc::new(SystemIds)).expect("32 bytes")
    }

    #[test]
    fn a_sealed_value_opens_with_its_key_and_purpose_alone() {
        let sealed = keys(1).seal("secrets.value", b"hunter2");
        assert!(!sealed.windows(7).any(|w| w == b"hunter2"));
        assert_eq!(
            keys(1)
                .open("secrets.value", &sealed)
                .expect("opens")
                .as_slice(),
            b"hunter2"
        );
        assert!(keys(1).open("apps.secret", &sealed).is_err());
        assert!(keys(2).open("secrets.value", &sealed).is_err());
    }

    #[test]
    fn an_altered_or_cut_value_does_not_open() {
        let mut sealed = keys(1).seal("x", b"text");
        assert!(keys(1).open("x", &sealed[..5]).is_err());
        if let Some(last) = sealed.last_mut() {
            *last ^= 1;
        }
        assert!(keys(1).open("x", &sealed).is_err());
    }

    #[test]
    fn the_key_file_is_made_once_for_its_owner_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("master.key");
        let first = read_or_make(&path, &SystemIds).expect("made");
        assert_eq!(
            std::fs::metadata(&path)
                .expect("there")
                .permissions()
                .mode()
                & 0o777,
            0o600
        );
        assert_eq!(*read_or_make(&path, &SystemIds).expect("read"), *first);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("changed");
        assert!(
            read_or_make(&path, &SystemIds)
                .expect_err("refused")
                .to_string()
                .contains("chmod 600")
        );
    }

    #[test]
    fn a_master_key_of_the_wrong_length_is_refused_with_its_length() {
        let error =
            Keys::from_base64(&STANDARD.encode([1; 16]), Arc::new(SystemIds)).expect_err("refused");
        assert!(error.to_string().contains("16 bytes"));
    }
}
