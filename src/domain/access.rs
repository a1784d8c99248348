//! Who may sign in, how, and for how long.

use core::net::IpAddr;

use crate::domain::person::{Directory, Members};
use crate::domain::wait::Wait;

/// What the settings say of people who sign in. Takes effect on reload.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The groups with their addresses, in file order.
    pub members: Vec<Members>,
    pub sign_in: SignInRules,
    pub trusted_proxies: TrustedProxies,
    /// The people of the rosters and groups.
    pub directory: Directory,
}

/// `[sign_in]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInRules {
    /// How long a session lasts without a request.
    pub idle: Wait,
    /// How long a session lasts in all.
    pub longest: Wait,
}

impl SignInRules {
    pub const IDLE_MAX: Wait = Wait::minutes(60);

    /// A session is renewed at least once a day.
    pub const LONGEST_MAX: Wait = Wait::minutes(24 * 60);
}

impl Default for SignInRules {
    fn default() -> Self {
        Self { idle: Wait::minutes(15), longest: Wait::minutes(12 * 60) }
    }
}

/// The proxies whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(pub Vec<Network>);

impl TrustedProxies {
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Whom a request came from: `forwarded` names the client and then each proxy, the last of which is the peer's own
    /// client. What is left of an address that is not a trusted proxy's can be made up.
    pub fn client(&self, peer: IpAddr, forwarded: &str) -> IpAddr {
        let mut client = peer;
        for address in forwarded.rsplit(',') {
            if !self.contain(client) {
                break;
            }
            let Some(address) = parse_address(address) else { break };
            client = address;
        }
        client
    }
}

/// With or without a port, as proxies write it.
fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let inner = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(text, |(inner, _)| inner);
    let address: Option<IpAddr> = inner.parse().ok();
    address.or_else(|| text.split_once(':')?.0.parse().ok()).map(|address: IpAddr| address.to_canonical())
}

/// An address, or all that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a proxy is an address such as `10.0.0.5` or a network such as `10.0.0.0/24`")]
pub struct BadNetwork;

impl Network {
    pub fn contains(&self, address: IpAddr) -> bool {
        let (own, width) = in_bits(self.address);
        let (other, other_width) = in_bits(address.to_canonical());
        let shift = u32::from(width - self.bits);
        width == other_width && own.checked_shr(shift).unwrap_or(0) == other.checked_shr(shift).unwrap_or(0)
    }
}

impl core::str::FromStr for Network {
    type Err = BadNetwork;
    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| BadNetwork)?;
        let width = in_bits(address).1;
        let bits = bits.map_or(Ok(width), str::parse).map_err(|_| BadNetwork)?;
        if bits <= width { Ok(Self { address, bits }) } else { Err(BadNetwork) }
    }
}

/// The address's bits, and how many it has.
fn in_bits(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(address) => (u32::from(address).into(), 32),
        IpAddr::V6(address) => (address.into(), 128),
    }
}

/// The part of an address that one caller can choose freely: tries are counted together.
pub fn counted_together(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// All networks that one customer of a provider usually has; `None` for an address of the older kind.
pub fn site_of(address: IpAddr) -> Option<String> {
    match address.to_canonical() {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            Some(format!("{a:x}:{b:x}:{c:x}::/48"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_trusted_proxy_says_is_believed() {
        let proxies = TrustedProxies(vec!["10.0.0.0/24".parse().unwrap(), "::1".parse().unwrap()]);
        for (peer, forwarded, client) in [
            ("203.0.113.9", "1.2.3.4", "203.0.113.9"),
            ("10.0.0.5", "", "10.0.0.5"),
            ("10.0.0.5", "198.51.100.7", "198.51.100.7"),
            ("10.0.0.5", "1.2.3.4, 198.51.100.7", "198.51.100.7"),
            ("10.0.0.5", "1.2.3.4, 198.51.100.7, 10.0.0.6", "198.51.100.7"),
            ("10.0.0.5", "10.0.0.7, 10.0.0.6", "10.0.0.7"),
            ("10.0.0.5", "198.51.100.7:4711", "198.51.100.7"),
            ("::1", "[2001:db8::7]:4711", "2001:db8::7"),
            ("::ffff:10.0.0.5", "::ffff:198.51.100.7", "198.51.100.7"),
            ("10.0.0.5", "198.51.100.7, nonsense", "10.0.0.5"),
            ("10.0.1.5", "198.51.100.7", "10.0.1.5"),
        ] {
            let found = proxies.client(peer.parse().unwrap(), forwarded);
            assert_eq!(found, client.parse::<IpAddr>().unwrap(), "{peer} {forwarded}");
        }
        assert!(TrustedProxies(vec!["0.0.0.0/0".parse().unwrap()]).contain("9.9.9.9".parse().unwrap()));
        for wrong in ["10.0.0.0/33", "10.0.0", "proxy.mercy.example", "10.0.0.0/", "::/129"] {
            assert_eq!(wrong.parse::<Network>(), Err(BadNetwork), "{wrong}");
        }
    }

    #[test]
    fn one_network_of_the_newer_kind_counts_as_one_caller() {
        let counted = |text: &str| counted_together(text.parse().unwrap());
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), counted("2001:db8:1:2:ffff::1"));
        assert_ne!(counted("2001:db8:1:2::1"), counted("2001:db8:1:3::1"));
        assert_eq!(counted("::ffff:10.0.0.1"), "10.0.0.1");
    }
}
