//! Who submits something, as far as that is known: there are no users.

use std::net::IpAddr;

use super::{
    control::{Access, Caller},
    limiter::network,
};

impl Access {
    /// Names the sender of a request: a signed-in browser by its session, everybody else by the network address.
    #[must_use]
    pub fn submitter(caller: Caller, peer: IpAddr) -> String {
        match caller {
            Caller::Person(session) => format!("session {:032x}", session.id),
            Caller::Program | Caller::Anybody => format!("address {}", network(peer)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proto::time::Timestamp;

    use super::*;
    use crate::access::keys::Session;

    #[test]
    fn a_browser_is_known_by_its_session_and_a_program_by_its_address() {
        let of = |caller, peer: &str| Access::submitter(caller, peer.parse().unwrap());
        let person = |id| Caller::Person(Session { id, expires: Timestamp(1) });
        assert_eq!(of(person(7), "10.0.0.1"), of(person(7), "10.0.0.2"));
        assert_ne!(of(person(7), "10.0.0.1"), of(person(8), "10.0.0.1"));
        assert_eq!(of(Caller::Program, "10.0.0.1"), of(Caller::Anybody, "::ffff:10.0.0.1"));
        assert_ne!(of(Caller::Program, "10.0.0.1"), of(Caller::Program, "10.0.0.2"));
        assert_eq!(of(Caller::Program, "2001:db8::1"), of(Caller::Program, "2001:db8::2"), "one network");
    }
}
