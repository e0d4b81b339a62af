//! The installation's key, kept outside the database, and what is derived from it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::digest;

/// Bytes of the key.
const KEY_BYTES: usize = 32;

/// Bytes of a token and of a reference: 128 bits cannot be guessed.
const TOKEN_BYTES: usize = 16;

const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A key that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is not a key.
    #[error("a key is {} characters of hexadecimal digits; put the backup of the file back, since links already sent depend on it", 2 * KEY_BYTES)]
    Malformed,
    /// The system has no randomness to give.
    #[error("the system gave no random numbers: {0}")]
    NoRandomness(String),
}

/// What a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The answering pages.
    Answer,
    /// The page that stops mails.
    Unsubscribe,
}

impl Purpose {
    /// Returns the word that the database holds.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Unsubscribe => "unsubscribe",
        }
    }
}

/// The installation's key. Whoever has only the database can neither make a link nor a bounce that counts, nor tell which
/// addresses are suppressed.
#[derive(Clone)]
pub struct Keys {
    master: [u8; KEY_BYTES],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Keys(hidden)")
    }
}

impl Keys {
    /// Makes a new key.
    pub fn generate() -> Result<Self, KeyError> {
        let mut master = [0; KEY_BYTES];
        getrandom::fill(&mut master).map_err(|error| KeyError::NoRandomness(error.to_string()))?;
        Ok(Self { master })
    }

    /// Reads a key as [`Keys::to_text`] writes it.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let digits = text.trim().as_bytes();
        if digits.len() != 2 * KEY_BYTES {
            return Err(KeyError::Malformed);
        }
        let mut master = [0; KEY_BYTES];
        for (byte, pair) in master.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| KeyError::Malformed)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| KeyError::Malformed)?;
        }
        Ok(Self { master })
    }

    /// Writes the key as hexadecimal digits.
    pub fn to_text(&self) -> String {
        digest::hex(&self.master)
    }

    /// The token of a link: 22 characters, the same each time it is asked for, so that a reminder carries the same link and
    /// the token itself is never stored. A higher version makes the links before it worthless.
    pub fn token(&self, invitation: Uuid, purpose: Purpose, version: i64) -> String {
        let mac =
            self.mac("token", &[invitation.as_bytes(), purpose.as_str().as_bytes(), &version.to_be_bytes()]);
        URL_SAFE_NO_PAD.encode(&mac[..TOKEN_BYTES])
    }

    /// What a mail's envelope sender carries so that its bounce finds home: 26 characters of base32.
    pub fn bounce_reference(&self, dedupe_key: &str) -> String {
        base32(&self.mac("bounce", &[dedupe_key.as_bytes()])[..TOKEN_BYTES])
    }

    /// The local part of a mail's Message-ID: 26 characters of base32, the same when the mail is sent again.
    pub fn message_reference(&self, dedupe_key: &str) -> String {
        base32(&self.mac("message", &[dedupe_key.as_bytes()])[..TOKEN_BYTES])
    }

    /// The mark of an address in the list of the suppressed; letters of either case are one address.
    pub fn suppression_mark(&self, address: &str) -> String {
        base32(&self.mac("suppression", &[address.trim().to_lowercase().as_bytes()]))
    }

    /// What a form carries to show that this server rendered it for this link and this question.
    pub fn nonce(&self, token_hash: &str, subject: &str) -> String {
        URL_SAFE_NO_PAD
            .encode(&self.mac("nonce", &[token_hash.as_bytes(), subject.as_bytes()])[..TOKEN_BYTES])
    }

    /// HMAC-SHA256 over a label and parts, each with its length before it so that no two lists read alike.
    fn mac(&self, label: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac =
            <Hmac<Sha256> as Mac>::new_from_slice(&self.master).expect("an HMAC takes keys of any length");
        for part in std::iter::once(&label.as_bytes()).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// What the database holds of a token: enough to find it, not enough to make the link.
pub fn token_hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

/// Base32 of RFC 4648 in small letters, without padding: mail systems fold the case of local parts.
fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut bits, mut count) = (0_u32, 0);
    for &byte in bytes {
        bits = bits << 8 | u32::from(byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(char::from(BASE32[(bits >> count & 31) as usize]));
        }
    }
    if count > 0 {
        text.push(char::from(BASE32[(bits << (5 - count) & 31) as usize]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::parse(&"0f".repeat(32)).unwrap()
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        // Section 10 of the RFC, in small letters and without padding.
        for (plain, coded) in [("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foobar", "mzxw6ytboi")] {
            assert_eq!(base32(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn a_token_depends_on_invitation_purpose_and_version_and_on_nothing_else() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let token = keys().token(one, Purpose::Answer, 1);
        assert_eq!(token.len(), 22);
        assert_eq!(token, keys().token(one, Purpose::Answer, 1));
        let others = [
            keys().token(two, Purpose::Answer, 1),
            keys().token(one, Purpose::Unsubscribe, 1),
            keys().token(one, Purpose::Answer, 2),
            Keys::parse(&"10".repeat(32)).unwrap().token(one, Purpose::Answer, 1),
        ];
        assert!(others.iter().all(|other| *other != token));
    }

    #[test]
    fn a_key_reads_back_as_it_was_written_and_shows_itself_nowhere_else() {
        let keys = Keys::generate().unwrap();
        assert_eq!(Keys::parse(&keys.to_text()).unwrap().master, keys.master);
        assert_eq!(format!("{keys:?}"), "Keys(hidden)");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "0f", &"0g".repeat(32), &"é".repeat(32)] {
            assert_eq!(Keys::parse(text).unwrap_err(), KeyError::Malformed, "{text}");
        }
    }

    #[test]
    fn references_of_one_mail_are_26_characters_and_differ() {
        let (bounce, message) =
            (keys().bounce_reference("w|p|invitation|1"), keys().message_reference("w|p|invitation|1"));
        assert_eq!((bounce.len(), message.len()), (26, 26));
        assert_ne!(bounce, message);
    }

    #[test]
    fn an_address_is_marked_alike_in_either_case() {
        assert_eq!(
            keys().suppression_mark("Chen@Haoda.example"),
            keys().suppression_mark(" chen@haoda.example")
        );
    }
}
