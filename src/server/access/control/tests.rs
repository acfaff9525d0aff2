use super::*;
use crate::config::Secret;

const TOKEN: &str = "0123456789abcdef";

fn access() -> Access {
    Access::new(&AccessConfig { token: Some(Secret::new(TOKEN.into())), ..AccessConfig::default() })
}

fn peer(last: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, last])
}

fn with(name: header::HeaderName, value: &str) -> HeaderMap {
    HeaderMap::from_iter([(name, value.parse().unwrap())])
}

fn bearer_headers(token: &str) -> HeaderMap {
    with(header::AUTHORIZATION, &format!("Bearer {token}"))
}

fn signed_in(access: &Access) -> (HeaderMap, Session) {
    let (name, value) = access.sign_in(TOKEN, peer(1)).unwrap();
    let headers = with(header::COOKIE, &format!("a=b; {name}={value}; c=d"));
    let session = access.session(&headers).unwrap();
    (headers, session)
}

#[test]
fn a_program_sends_the_token_and_a_browser_its_cookie() {
    let access = access();
    let who = |headers: &HeaderMap| access.identify(headers, peer(1));
    assert_eq!(who(&HeaderMap::new()), Err(AuthError::Unauthenticated));
    assert_eq!(who(&bearer_headers(TOKEN)), Ok(Caller::Program));
    assert_eq!(who(&with(header::AUTHORIZATION, &format!("bearer  {TOKEN} "))), Ok(Caller::Program));
    for wrong in ["Bearer", "Bearer ", "Bearer wrong", "Bearer 0123456789abcdeé"] {
        let refused = who(&with(header::AUTHORIZATION, wrong));
        assert!(matches!(refused, Err(AuthError::WrongToken | AuthError::Unauthenticated)), "{wrong:?} {refused:?}");
    }
    let (mut cookie, session) = signed_in(&access);
    assert_eq!(who(&cookie), Ok(Caller::Person(session)));
    // Another scheme is for a proxy and is ignored, and so is a wrong token beside a valid cookie.
    cookie.insert(header::AUTHORIZATION, "Basic YTpi".parse().unwrap());
    assert_eq!(who(&cookie), Ok(Caller::Person(session)));
    cookie.insert(header::AUTHORIZATION, "Bearer wrong".parse().unwrap());
    assert_eq!(who(&cookie), Ok(Caller::Person(session)));
    assert_eq!(Access::new(&AccessConfig::default()).identify(&HeaderMap::new(), peer(1)), Ok(Caller::Anybody));
}

#[test]
fn wrong_tokens_are_limited_by_address_and_lock_nobody_out() {
    let access = access();
    let guess = |from| access.identify(&bearer_headers("wrong"), peer(from));
    let stopped = (0..20).filter(|_| matches!(guess(1), Err(AuthError::TooManyAttempts(_)))).count();
    assert_eq!(stopped, 20 - limits::TOKEN_GUESSES as usize);
    assert!(matches!(access.sign_in("wrong", peer(1)), Err(AuthError::TooManyAttempts(_))));
    assert_eq!(guess(2), Err(AuthError::WrongToken), "another address has its own limit");
    // Others at the first address have the right token, or a session.
    assert_eq!(access.identify(&bearer_headers(TOKEN), peer(1)), Ok(Caller::Program));
    let (name, value) = access.sign_in(TOKEN, peer(1)).unwrap();
    let mut headers = with(header::COOKIE, &format!("{name}={value}"));
    let session = access.session(&headers).unwrap();
    assert_eq!(access.identify(&headers, peer(1)), Ok(Caller::Person(session)));
    // A proxy may add a token that is its own.
    headers.insert(header::AUTHORIZATION, "Bearer wrong".parse().unwrap());
    assert_eq!(access.identify(&headers, peer(1)), Ok(Caller::Person(session)));
    assert!(matches!(guess(1), Err(AuthError::TooManyAttempts(_))), "that gives no more guesses");
}

#[test]
fn wrong_tokens_above_the_limit_do_not_extend_it() {
    let access = access();
    let waits: Vec<_> = (0..100)
        .filter_map(|_| match access.identify(&bearer_headers("wrong"), peer(1)) {
            Err(AuthError::TooManyAttempts(wait)) => Some(wait),
            _ => None,
        })
        .collect();
    assert!(waits.iter().all(|wait| *wait <= limits::TOKEN_GUESS_EVERY), "{waits:?}");
    assert_eq!(waits.len(), 100 - limits::TOKEN_GUESSES as usize);
}

#[test]
fn the_right_token_is_not_rate_limited() {
    let access = access();
    assert!((0..1_000).all(|_| access.identify(&bearer_headers(TOKEN), peer(1)).is_ok()));
}

#[tokio::test(start_paused = true)]
async fn signing_out_ends_only_that_session_at_once() {
    let access = access();
    let ((one, session), (other, still)) = (signed_in(&access), signed_in(&access));
    let over = access.session_ended(Caller::Person(session));
    tokio::pin!(over);
    assert!(futures::poll!(&mut over).is_pending());
    access.sign_out(session);
    over.await;
    assert_eq!(access.session(&one), None);
    assert_eq!(access.session(&other), Some(still));
    let over = access.session_ended(Caller::Person(still));
    let early = tokio::time::timeout(access.session_lifetime() - Duration::from_secs(60), over).await;
    assert!(early.is_err());
    tokio::time::timeout(
        Duration::from_secs(120),
        access.session_ended(Caller::Person(Session { expires: now().plus_ms(60_000), ..still })),
    )
    .await
    .unwrap();
}

#[test]
fn the_list_of_signed_out_sessions_is_bounded() {
    let access = access();
    let later = now().plus(Duration::from_secs(60));
    for id in 0..limits::SIGNED_OUT as u128 + 5 {
        access.sign_out(Session { id, expires: later.plus_ms(u64::try_from(id).unwrap()) });
    }
    assert_eq!(access.signed_out.borrow().len(), limits::SIGNED_OUT);
    assert!(!access.signed_out.borrow().contains_key(&0), "the one that expires first is dropped first");
}

#[test]
fn only_loopback_without_a_token_has_no_rate_limit() {
    let limited = |access: &Access, peer: IpAddr| (0..1_000).filter(|_| access.limit_rate(peer).is_err()).count();
    let open = Access::new(&AccessConfig { insecure: true, ..AccessConfig::default() });
    assert_eq!(limited(&open, IpAddr::from([127, 0, 0, 1])), 0);
    assert!(limited(&open, peer(1)) > 800);
    assert!(limited(&access(), IpAddr::from([127, 0, 0, 1])) > 800);
    let without = Access::new(&AccessConfig { requests_per_second: 0, insecure: true, ..AccessConfig::default() });
    assert_eq!(limited(&without, peer(1)), 0);
}

#[test]
fn a_sign_out_is_known_to_others() {
    let (one, other) = (Access::new(&AccessConfig::default()), Access::new(&AccessConfig::default()));
    let session = Session { id: 0xabc, expires: now().plus_ms(60_000) };
    one.sign_out(session);
    one.sign_out(Session { id: 1, expires: now() });
    other.merge_signed_out(&one.signed_out());
    assert_eq!(other.signed_out(), format!("{{\"abc\":{}}}", session.expires.0));
    other.merge_signed_out("nonsense");
    assert!(other.signed_out().contains("abc"));
}
