//! The key pair of an anonymous wave: anybody can seal to its public half, and its private half is locked under a
//! passphrase.
//!
//! What it protects from: whoever holds the database, every file and every backup, but not the passphrase, can open no
//! ballot; and two ballots with the same answers look as different as any two.
//!
//! What it does not protect from: somebody who learns the passphrase and kept old copies of the sealed ballots with the
//! locked half; an operator who changes the program, and so reads ballots before they are sealed; a passphrase that can
//! be guessed. Whoever has the public half can also seal ballots of their own: that a ballot was allowed is shown by its
//! ticket, never by its seal. What lay in memory may have been written to a swap file or a crash dump.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use crypto_box::aead::OsRng;
use crypto_box::{PublicKey, SecretKey};
use zeroize::Zeroizing;

/// First bytes of a locked half: four letters and the version of the layout.
const MARK: [u8; 5] = *b"CAMP\x01";
/// Mark, cost of the passphrase, salt, nonce and public half: what is bound to the locked half but not secret.
const HEAD: usize = MARK.len() + 12 + SALT + NONCE + KEY;
const SALT: usize = 16;
const NONCE: usize = 24;
const KEY: usize = 32;
const TAG: usize = 16;

/// What one guess of the passphrase costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost {
    kibibytes: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// 64 MiB and three passes, above the least that OWASP asks for: it is paid twice in the life of a wave.
    const TODAY: Self = Self { kibibytes: 64 * 1024, passes: 3, lanes: 1 };
    /// The most that a stored half may ask for, so that a damaged one cannot take all memory.
    const MOST: Self = Self { kibibytes: 1024 * 1024, passes: 16, lanes: 4 };
}

/// Makes the key pair of a wave.
#[derive(Debug, Clone, Copy)]
pub struct PollKey;

impl PollKey {
    /// Fewest characters of a passphrase.
    pub const LEAST_CHARACTERS: usize = 12;

    /// Makes a fresh pair: the half that seals, and the half that opens, locked under the passphrase (XChaCha20-Poly1305
    /// under Argon2id of 64 MiB and three passes).
    ///
    /// There is no way back in without the passphrase.
    ///
    /// # Errors
    ///
    /// [`PollKeyError`] where the passphrase is too short or the system gives no randomness.
    pub fn create(passphrase: &str) -> Result<(PublicHalf, LockedHalf), PollKeyError> {
        let characters = passphrase.chars().count();
        if characters < Self::LEAST_CHARACTERS {
            return Err(PollKeyError::ShortPassphrase { characters, least: Self::LEAST_CHARACTERS });
        }
        let mut drawn = Zeroizing::new([0; KEY + SALT + NONCE]);
        getrandom::fill(drawn.as_mut_slice()).map_err(|_| PollKeyError::NoRandomness)?;
        let (secret, public_randomness) = drawn.split_at(KEY);
        let private = SecretKey::from_slice(secret).map_err(|_| PollKeyError::NoRandomness)?;
        let public = private.public_key();

        let mut bytes = Vec::with_capacity(HEAD + KEY + TAG);
        bytes.extend_from_slice(&MARK);
        for number in [Cost::TODAY.kibibytes, Cost::TODAY.passes, Cost::TODAY.lanes] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(public_randomness);
        bytes.extend_from_slice(public.as_bytes());
        let (salt, nonce) = public_randomness.split_at(SALT);
        let nonce = self::nonce(nonce).ok_or(PollKeyError::NoRandomness)?;
        let cipher = cipher(passphrase, salt, Cost::TODAY).ok_or(PollKeyError::NoKey)?;
        let locked =
            cipher.encrypt(&nonce, Payload { msg: secret, aad: &bytes }).map_err(|_| PollKeyError::NoKey)?;
        bytes.extend_from_slice(&locked);
        Ok((PublicHalf(public), LockedHalf(bytes)))
    }
}

/// A key pair that cannot be made or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PollKeyError {
    /// The passphrase is too short.
    #[error(
        "the passphrase has {characters} characters and needs {least} or more: several words are easy to keep"
    )]
    ShortPassphrase {
        /// Characters that it has.
        characters: usize,
        /// Characters that it needs.
        least: usize,
    },
    /// The operating system gives no randomness.
    #[error("the operating system gives no randomness, so no key was made")]
    NoRandomness,
    /// No key follows from the passphrase.
    #[error("no key could be made from the passphrase")]
    NoKey,
    /// The stored half is none.
    #[error("the stored half of the poll's key is damaged, or a newer program wrote it")]
    Damaged,
}

/// The passphrase is not the one of this key, or the locked half was changed: the two look the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this passphrase does not open the poll's key")]
pub struct WrongPassphrase;

/// A ballot that cannot be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ballot could not be sealed")]
pub struct SealError;

/// The half that seals; it may be seen by anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicHalf(PublicKey);

impl PublicHalf {
    /// Reads the stored bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(PublicKey::from_bytes(bytes))
    }

    /// Returns the bytes to store.
    pub fn to_bytes(&self) -> [u8; 32] {
        *self.0.as_bytes()
    }
}

/// The half that opens, locked under a passphrase.
#[derive(Clone, PartialEq, Eq)]
pub struct LockedHalf(Vec<u8>);

impl LockedHalf {
    /// Reads the stored bytes.
    ///
    /// # Errors
    ///
    /// [`PollKeyError::Damaged`] where they cannot be a locked half.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PollKeyError> {
        let half = Self(bytes.to_vec());
        let fits = bytes.len() == HEAD + KEY + TAG && bytes.starts_with(&MARK);
        let payable = half.cost().is_some_and(|cost| {
            cost.kibibytes <= Cost::MOST.kibibytes
                && cost.passes <= Cost::MOST.passes
                && cost.lanes <= Cost::MOST.lanes
        });
        if fits && payable { Ok(half) } else { Err(PollKeyError::Damaged) }
    }

    /// Returns the bytes to store: mark and version, cost, salt, nonce, public half, locked private half.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Unlocks the private half. Takes a tenth of a second or more and 64 MiB.
    ///
    /// # Errors
    ///
    /// [`WrongPassphrase`], also where the locked half was changed.
    pub fn unlock(&self, passphrase: &str) -> Result<PrivateHalf, WrongPassphrase> {
        let (head, locked) = self.0.split_at_checked(HEAD).ok_or(WrongPassphrase)?;
        let (salt, rest) = head[MARK.len() + 12..].split_at(SALT);
        let (nonce, public) = rest.split_at(NONCE);
        let nonce = self::nonce(nonce).ok_or(WrongPassphrase)?;
        let cipher = self.cost().and_then(|cost| cipher(passphrase, salt, cost)).ok_or(WrongPassphrase)?;
        let secret = cipher
            .decrypt(&nonce, Payload { msg: locked, aad: head })
            .map(Zeroizing::new)
            .map_err(|_| WrongPassphrase)?;
        let private = SecretKey::from_slice(&secret).map_err(|_| WrongPassphrase)?;
        if private.public_key().as_bytes() == public {
            Ok(PrivateHalf(private))
        } else {
            Err(WrongPassphrase)
        }
    }

    fn cost(&self) -> Option<Cost> {
        let number = |at: usize| {
            let from = MARK.len() + 4 * at;
            let bytes = self.0.get(from..from + 4)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?))
        };
        Some(Cost { kibibytes: number(0)?, passes: number(1)?, lanes: number(2)? })
    }
}

impl fmt::Debug for LockedHalf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LockedHalf")
    }
}

/// The half that opens. Its memory is overwritten when it is dropped.
#[derive(Clone)]
pub struct PrivateHalf(SecretKey);

impl PrivateHalf {
    /// Opens what was sealed to its public half; `None` where it was sealed to another, or changed.
    pub fn open(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.0.unseal(sealed).ok().map(Zeroizing::new)
    }
}

impl fmt::Debug for PrivateHalf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PrivateHalf")
    }
}

/// Seals bytes to the public half (X25519, XSalsa20-Poly1305, a fresh sender's key each time). What comes out is 48 bytes
/// longer.
///
/// # Errors
///
/// [`SealError`] where the cipher refuses.
pub fn seal(public: &PublicHalf, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
    public.0.seal(&mut OsRng, plaintext).map_err(|_| SealError)
}

fn nonce(bytes: &[u8]) -> Option<XNonce> {
    Some(<[u8; NONCE]>::try_from(bytes).ok()?.into())
}

fn cipher(passphrase: &str, salt: &[u8], cost: Cost) -> Option<XChaCha20Poly1305> {
    let params = Params::new(cost.kibibytes, cost.passes, cost.lanes, Some(KEY)).ok()?;
    let mut key = Zeroizing::new([0; KEY]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice())
        .ok()?;
    XChaCha20Poly1305::new_from_slice(key.as_slice()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSPHRASE: &str = "four plain words here";

    #[test]
    fn what_is_sealed_opens_with_the_passphrase_and_with_no_other() {
        let (public, locked) = PollKey::create(PASSPHRASE).unwrap();
        let sealed = seal(&public, b"ballot").unwrap();
        let stored = LockedHalf::from_bytes(locked.as_bytes()).unwrap();
        assert_eq!(stored.unlock(PASSPHRASE).unwrap().open(&sealed).unwrap().as_slice(), b"ballot");
        assert_eq!(stored.unlock("four plain words Here").unwrap_err(), WrongPassphrase);
        assert_eq!(stored.unlock("").unwrap_err(), WrongPassphrase);
        let (_, other) = PollKey::create(PASSPHRASE).unwrap();
        assert!(other.unlock(PASSPHRASE).unwrap().open(&sealed).is_none());
    }

    #[test]
    fn a_passphrase_of_eleven_characters_is_refused_and_one_of_twelve_is_not_counted_in_bytes() {
        assert_eq!(
            PollKey::create("elevenchars").unwrap_err(),
            PollKeyError::ShortPassphrase { characters: 11, least: 12 }
        );
        assert!(matches!(
            PollKey::create("四个字的词"),
            Err(PollKeyError::ShortPassphrase { characters: 5, .. })
        ));
        assert!(PollKey::create("春眠不觉晓处处闻啼鸟夜来").is_ok());
    }

    #[test]
    fn the_locked_half_says_how_it_was_locked() {
        let (public, locked) = PollKey::create(PASSPHRASE).unwrap();
        let bytes = locked.as_bytes();
        assert_eq!(bytes.len(), 5 + 12 + 16 + 24 + 32 + 32 + 16);
        assert_eq!(&bytes[..17], b"CAMP\x01\x00\x00\x01\x00\x03\x00\x00\x00\x01\x00\x00\x00");
        assert_eq!(bytes[57..89], public.to_bytes());
    }

    #[test]
    fn a_locked_half_with_any_part_changed_opens_nothing() {
        let (_, locked) = PollKey::create(PASSPHRASE).unwrap();
        // Version, passes, salt, nonce, public half, secret, tag.
        for at in [4, 9, 20, 40, 60, 100, 136] {
            let mut bytes = locked.as_bytes().to_vec();
            bytes[at] ^= 2;
            let opened = LockedHalf::from_bytes(&bytes).map(|half| half.unlock(PASSPHRASE).is_ok());
            assert!(matches!(opened, Err(PollKeyError::Damaged) | Ok(false)), "byte {at}");
        }
        assert_eq!(LockedHalf::from_bytes(&locked.as_bytes()[1..]), Err(PollKeyError::Damaged));
        assert_eq!(LockedHalf::from_bytes(&[]), Err(PollKeyError::Damaged));
    }

    #[test]
    fn a_damaged_cost_does_not_take_all_memory() {
        let (_, locked) = PollKey::create(PASSPHRASE).unwrap();
        let mut bytes = locked.as_bytes().to_vec();
        bytes[5..9].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(LockedHalf::from_bytes(&bytes), Err(PollKeyError::Damaged));
    }

    #[test]
    fn neither_half_that_opens_shows_itself() {
        let (_, locked) = PollKey::create(PASSPHRASE).unwrap();
        assert_eq!(format!("{locked:?} {:?}", locked.unlock(PASSPHRASE).unwrap()), "LockedHalf PrivateHalf");
    }
}
