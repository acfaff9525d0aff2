//! What is done to the rig: each fault begins, lasts, and is over when its function returns.

use std::{sync::Arc, time::Duration};

use rand::{Rng, rngs::SmallRng, seq::SliceRandom};
use tokio::{
    sync::MutexGuard,
    time::{sleep, timeout},
};

use crate::{
    rig::{DARKROOMS, ENGINES, LEASE, Member, Rig},
    support::{process::Process, proxy::Proxy},
};

/// Somebody is the owner again after a fault within this time, unless the next fault comes first.
const UNTIL_OWNED: Duration = Duration::from_secs(5);
/// What the kernel still delivers for a process that is gone, or whose peer was away for this long: see `TCP_USER_TIMEOUT` of the requests to ComfyUIs.
const KERNEL_DELIVERS: Duration = Duration::from_secs(4);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `kill -9` of the Darkroom that writes; it is started again a moment later.
    KillOwner,
    KillRelay,
    /// SIGSTOP, half to four leases long, then SIGCONT: at most times another has taken over when it wakes.
    StopOwner,
    StopRelay,
    /// SIGTERM of the one that writes, as in an update; it is started again when it has ended.
    EndOwner,
    /// `kill -9` of an engine: the only fault after which a task may run again.
    KillEngine,
    /// PostgreSQL crashes, and is started again at once.
    RestartPostgres,
    /// All processes of PostgreSQL are stopped for a while.
    PausePostgres,
    /// The PostgreSQL that writes is gone for ever, its standby takes its place, and gets a standby of its own.
    PromotePostgres,
    /// Nothing passes between the owner and PostgreSQL for a while; what was on its way arrives late.
    CutOwnerFromPostgres,
    CutRelayFromPostgres,
    /// The same between the owner and one engine.
    CutOwnerFromEngine,
}

/// A fault, and what chance has chosen of it.
#[derive(Clone, Copy, Debug)]
pub struct PlannedFault {
    pub fault: Fault,
    /// How long it lasts, where that is free.
    pub lasts: Duration,
    /// Which relay or engine, where there are several.
    pub which: usize,
    /// A cut link gives what it holds when it is whole again; else all its connections are reset.
    pub delivers: bool,
}

/// How many there are of what is counted; the others are in proportion.
#[derive(Clone, Copy, Debug)]
pub struct FaultCounts {
    /// Of Darkrooms.
    pub kills: usize,
    /// SIGSTOPs of Darkrooms.
    pub pauses: usize,
    pub promotions: usize,
}

impl PlannedFault {
    fn draw(fault: Fault, random: &mut SmallRng) -> Self {
        let lasts = LEASE.mul_f64(random.random_range(0.5..4.0));
        Self { fault, lasts, which: random.random_range(0..12), delivers: random.random() }
    }
}

/// All faults of a run, in their order.
pub fn plan(counts: FaultCounts, random: &mut SmallRng) -> Vec<PlannedFault> {
    let FaultCounts { kills, pauses, promotions } = counts;
    // Of each ten kills and of each five pauses six are of owners and three.
    let relay_kills = kills * 4 / 10;
    let relay_pauses = pauses * 2 / 5;
    let others = (kills + pauses).div_ceil(15);
    let amounts = [
        (Fault::KillOwner, kills - relay_kills),
        (Fault::KillRelay, relay_kills),
        (Fault::StopOwner, pauses - relay_pauses),
        (Fault::StopRelay, relay_pauses),
        (Fault::EndOwner, others),
        (Fault::KillEngine, others),
        (Fault::RestartPostgres, others),
        (Fault::PausePostgres, others),
        (Fault::CutOwnerFromPostgres, others),
        (Fault::CutRelayFromPostgres, others),
        (Fault::CutOwnerFromEngine, others),
    ];
    let mut faults: Vec<PlannedFault> = Vec::new();
    for (fault, amount) in amounts {
        faults.extend((0..amount).map(|_| PlannedFault::draw(fault, random)));
    }
    faults.shuffle(random);
    // At the end of each part.
    for nth in 0..promotions {
        let at = faults.len() * (nth + 1) / promotions;
        faults.insert(at, PlannedFault::draw(Fault::PromotePostgres, random));
    }
    faults
}

impl PlannedFault {
    /// Commits it, and returns when it is over.
    pub async fn commit(self, rig: &Rig) {
        let Self { fault, lasts, which, delivers } = self;
        match fault {
            Fault::KillOwner | Fault::KillRelay => {
                let (_, mut process) = victim(rig, fault == Fault::KillOwner, which).await;
                process.kill();
                sleep(lasts / 8).await;
                process.spawn();
            }
            Fault::StopOwner | Fault::StopRelay => {
                let (_, mut process) = victim(rig, fault == Fault::StopOwner, which).await;
                if process.has_ended().is_none() {
                    process.signal("-STOP");
                    sleep(lasts).await;
                    process.signal("-CONT");
                }
            }
            Fault::EndOwner => {
                let (_, mut process) = victim(rig, true, which).await;
                if process.has_ended().is_none() {
                    process.terminate().await;
                }
                process.spawn();
            }
            Fault::KillEngine => rig.kill_engine(which % ENGINES).await,
            Fault::RestartPostgres => {
                let mut postgres = rig.postgres.lock().await;
                postgres.0.crash();
                sleep(lasts / 8).await;
                postgres.0.restart().await;
            }
            Fault::PausePostgres => {
                let postgres = rig.postgres.lock().await;
                postgres.0.pause();
                sleep(lasts).await;
                postgres.0.resume();
            }
            Fault::PromotePostgres => promote(rig).await,
            Fault::CutOwnerFromPostgres | Fault::CutRelayFromPostgres => {
                let (member, process) = victim(rig, fault == Fault::CutOwnerFromPostgres, which).await;
                drop(process);
                // A statement that arrives late is refused by the term in it, however late.
                cut(&member.to_postgres.iter().collect::<Vec<_>>(), lasts, delivers).await;
            }
            Fault::CutOwnerFromEngine => {
                let (member, process) = victim(rig, true, which).await;
                drop(process);
                let link = &member.to_engines[which % ENGINES];
                cut(&[link], lasts, delivers && lasts < KERNEL_DELIVERS).await;
            }
        }
    }
}

async fn cut(links: &[&Proxy], lasts: Duration, delivers: bool) {
    links.iter().for_each(|link| link.blackhole(true));
    sleep(lasts).await;
    if !delivers {
        links.iter().for_each(|link| link.reset());
        // The connections end before the link is whole again.
        sleep(Duration::from_millis(50)).await;
    }
    links.iter().for_each(|link| link.blackhole(false));
}

async fn promote(rig: &Rig) {
    let mut postgres = rig.postgres.lock().await;
    let Some(mut standby) = postgres.1.take() else { return };
    postgres.0.crash();
    standby.promote().await;
    let port = postgres.0.port;
    postgres.0 = standby;
    let next = postgres.0.standby(port).await;
    postgres.1 = Some(next);
}

/// The owner, or one of the others, locked: no other fault has it.
async fn victim(rig: &Rig, is_owner: bool, which: usize) -> (&Member, MutexGuard<'_, Process>) {
    loop {
        let owner = rig.owner().await;
        let at = if is_owner { owner } else { (owner + 1 + which % (DARKROOMS - 1)) % DARKROOMS };
        let member = &rig.members[at];
        match timeout(UNTIL_OWNED, member.process.lock()).await {
            // It may have lost the ownership while another fault had it.
            Ok(process) if !is_owner || rig.owner().await == at => return (member, process),
            _ => {}
        }
    }
}

/// Until all is as it should be: everything runs, and nothing is cut.
pub async fn heal(rig: &Arc<Rig>) {
    for member in &rig.members {
        member.to_postgres.iter().chain(&member.to_engines).for_each(Proxy::pass);
        let mut process = member.process.lock().await;
        if process.has_ended().is_some() {
            process.spawn();
        }
    }
    for engine in &rig.engines {
        engine.process.lock().await.until_ready().await;
    }
    rig.until_served().await;
}

#[test]
fn a_plan_has_as_many_faults_as_it_should_and_the_same_with_the_same_seed() {
    use rand::SeedableRng;

    let counts = FaultCounts { kills: 100, pauses: 50, promotions: 2 };
    let draw = |seed| plan(counts, &mut SmallRng::seed_from_u64(seed));
    let faults = draw(1);
    let count = |wanted: &[Fault]| faults.iter().filter(|planned| wanted.contains(&planned.fault)).count();
    assert_eq!(count(&[Fault::KillOwner, Fault::KillRelay]), 100);
    assert_eq!(count(&[Fault::StopOwner, Fault::StopRelay]), 50);
    assert_eq!(count(&[Fault::PromotePostgres]), 2);
    assert!(count(&[Fault::KillOwner]) > 50 && count(&[Fault::StopOwner]) >= 30);
    assert!(
        [Fault::EndOwner, Fault::RestartPostgres, Fault::PausePostgres, Fault::CutOwnerFromEngine].iter().all(|one| count(&[*one]) == 10)
    );
    assert!(faults.iter().all(|planned| planned.lasts >= LEASE / 2 && planned.lasts < LEASE * 4));
    let order = |seed| draw(seed).iter().map(|planned| planned.fault).collect::<Vec<_>>();
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
}
