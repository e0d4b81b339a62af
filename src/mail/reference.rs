//! The opaque word that a mail is recognised by when it comes back.

use lettre::Address;

/// Signs of the base 32 alphabet of RFC 4648 in a reference: 130 bits, enough for 128.
const LENGTH: usize = 26;

/// Twenty-six lower-case signs of base 32 (RFC 4648), made elsewhere by a keyed hash.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference(String);

/// A text that is no reference, or a domain that cannot stand behind one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Other signs, or another number of them.
    #[error("a reference is 26 signs from a-z and 2-7")]
    Malformed,
    /// Not a domain.
    #[error("{0:?} is not a domain that mail can come back to")]
    Domain(String),
}

/// The sign between the fixed part of a bounce address and the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// `b+…`, which most servers deliver to the mailbox `b`.
    Plus,
    /// `b-…`, for relays that cut a plus and what follows; needs a catch-all sub-domain.
    Hyphen,
}

impl Reference {
    /// Takes a reference. Upper case is lowered, since servers fold the case of an address on its way back.
    pub fn new(text: &str) -> Result<Self, ReferenceError> {
        let text = text.to_ascii_lowercase();
        let base32 = |sign: u8| sign.is_ascii_lowercase() || (b'2'..=b'7').contains(&sign);
        if text.len() == LENGTH && text.bytes().all(base32) {
            Ok(Self(text))
        } else {
            Err(ReferenceError::Malformed)
        }
    }

    /// Returns the 26 signs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the address that bounces of this mail come back to.
    ///
    /// ```
    /// use cam::mail::{Reference, Separator};
    /// let reference = Reference::new("abcdefghijklmnopqrstuvwxyz").unwrap();
    /// let address = reference.bounce_address(Separator::Plus, "bounce.kestrel.example").unwrap();
    /// assert_eq!(address, "b+abcdefghijklmnopqrstuvwxyz@bounce.kestrel.example");
    /// ```
    pub fn bounce_address(&self, separator: Separator, domain: &str) -> Result<String, ReferenceError> {
        let sign = match separator {
            Separator::Plus => '+',
            Separator::Hyphen => '-',
        };
        address(&format!("b{sign}{}", self.0), domain)
    }

    /// Returns the Message-ID, with its angle brackets.
    pub fn message_id(&self, domain: &str) -> Result<String, ReferenceError> {
        Ok(format!("<{}>", address(&self.0, domain)?))
    }
}

fn address(local: &str, domain: &str) -> Result<String, ReferenceError> {
    let refused = || ReferenceError::Domain(domain.to_owned());
    let domain = idna::domain_to_ascii_strict(domain).map_err(|_| refused())?;
    Address::new(local, &domain).map(|address| address.to_string()).map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNS: &str = "abcdefghijklmnopqrstuvwxyz";

    #[test]
    fn both_bounce_addresses_fit_the_64_octets_of_a_local_part() {
        let reference = Reference::new(SIGNS).unwrap();
        for (separator, sign) in [(Separator::Plus, '+'), (Separator::Hyphen, '-')] {
            let address = reference.bounce_address(separator, "bounce.kestrel.example").unwrap();
            assert_eq!(address, format!("b{sign}{SIGNS}@bounce.kestrel.example"));
        }
    }

    #[test]
    fn a_message_id_is_the_reference_at_the_domain() {
        let reference = Reference::new(&SIGNS.to_uppercase()).unwrap();
        assert_eq!(
            reference.message_id("mail.例子.测试").unwrap(),
            format!("<{SIGNS}@mail.xn--fsqu00a.xn--0zwm56d>")
        );
    }

    #[test]
    fn nothing_but_26_signs_of_base_32_is_a_reference() {
        for text in [
            "",
            "abc",
            "abcdefghijklmnopqrstuvwxy1",
            "abcdefghijklmnopqrstuvwxyzz",
            "abcdefghijklmnopqrstuvwx\r\n",
        ] {
            assert_eq!(Reference::new(text), Err(ReferenceError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn a_domain_with_a_line_break_is_refused() {
        let reference = Reference::new(SIGNS).unwrap();
        assert!(reference.message_id("mail.example\r\nBcc: x").is_err());
        assert!(reference.bounce_address(Separator::Plus, "").is_err());
    }
}
