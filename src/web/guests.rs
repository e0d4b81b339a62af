//! How many connections each client holds.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// Connections by the client that holds them.
#[derive(Debug, Default)]
pub(super) struct Guests(Mutex<HashMap<IpAddr, usize>>);

impl Guests {
    /// Counts a connection as long as the result lives; `None` where its client holds `most` already.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr, most: usize) -> Option<Guest> {
        let client = counted(address);
        if let Some(client) = client {
            let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let count = held.get(&client).copied().unwrap_or(0);
            if count >= most {
                return None;
            }
            held.insert(client, count + 1);
        }
        Some(Guest { guests: Arc::clone(self), client })
    }
}

/// A connection that is counted.
#[derive(Debug)]
pub(super) struct Guest {
    guests: Arc<Guests>,
    client: Option<IpAddr>,
}

impl Drop for Guest {
    fn drop(&mut self) {
        let Some(client) = self.client else { return };
        let mut held = self.guests.0.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get_mut(&client) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                held.remove(&client);
            }
        }
    }
}

/// Whose connections an address counts for: of IPv6 its network of 64 bits, which one client has whole.
///
/// `None` on this machine and in private networks: a reverse proxy stands there, and brings everybody's connections from its
/// own address.
fn counted(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let near = address.is_loopback() || address.is_private() || address.is_link_local();
            (!near).then_some(IpAddr::V4(address))
        }
        IpAddr::V6(address) => {
            let near = address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local();
            let network = u128::from(address) >> 64 << 64;
            (!near).then_some(IpAddr::V6(Ipv6Addr::from(network)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(addresses: &[&str], most: usize) -> (Vec<bool>, Vec<Guest>, Arc<Guests>) {
        let guests = Arc::new(Guests::default());
        let admitted: Vec<_> =
            addresses.iter().map(|address| guests.admit(address.parse().unwrap(), most)).collect();
        (admitted.iter().map(Option::is_some).collect(), admitted.into_iter().flatten().collect(), guests)
    }

    #[test]
    fn a_client_holds_no_more_connections_than_it_may_and_leaves_the_others_theirs() {
        let (admitted, mut inside, guests) =
            held(&["203.0.113.7", "203.0.113.7", "203.0.113.7", "::ffff:203.0.113.7", "203.0.113.8"], 2);
        assert_eq!(admitted, [true, true, false, false, true]);
        // A connection that ends makes room, and who has none left is forgotten.
        inside.remove(0);
        assert!(guests.admit("203.0.113.7".parse().unwrap(), 2).is_some());
        inside.clear();
        assert!(guests.0.lock().unwrap().is_empty());
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_client() {
        let (admitted, ..) = held(&["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"], 1);
        assert_eq!(admitted, [true, false, true]);
    }

    #[test]
    fn a_reverse_proxy_on_this_machine_or_in_a_private_network_is_not_limited() {
        for address in ["127.0.0.1", "::1", "10.1.2.3", "172.16.0.9", "192.168.1.1", "fd00::7"] {
            assert_eq!(held(&[address; 3], 1).0, [true; 3], "{address}");
        }
    }
}
