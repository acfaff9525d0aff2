//! Estimates when waiting tasks start: in order, each goes to the ComfyUI that is free first.

/// A ComfyUI, which runs one prompt at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Milliseconds until its queue is empty: 0 when idle, `None` while it cannot be reached.
    pub free_in_ms: Option<u64>,
}

/// A waiting task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its expected duration ([`super::Task::expected_ms`]).
    pub expected_ms: u64,
    /// The indexes of the slots that can run it.
    pub fits: Vec<usize>,
}

/// Milliseconds until each of `waiting` starts; they are in the order of sending. `None` for a task that no slot can run.
#[must_use]
pub fn starts_in(slots: &[Slot], waiting: &[Waiting]) -> Vec<Option<u64>> {
    let mut free: Vec<Option<u64>> = slots.iter().map(|slot| slot.free_in_ms).collect();
    let start = |task: &Waiting| {
        let fitting = task.fits.iter().filter_map(|&slot| Some((*free.get(slot)?.as_ref()?, slot)));
        let (start, slot) = fitting.min()?;
        free[slot] = Some(start.saturating_add(task.expected_ms));
        Some(start)
    };
    waiting.iter().map(start).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(free: &[Option<u64>]) -> Vec<Slot> {
        free.iter().map(|&free_in_ms| Slot { free_in_ms }).collect()
    }

    fn task(expected_ms: u64, fits: &[usize]) -> Waiting {
        Waiting { expected_ms, fits: fits.to_vec() }
    }

    #[test]
    fn each_task_starts_in_the_slot_that_is_free_first() {
        let waiting = [task(100, &[0, 1]), task(10, &[0, 1]), task(10, &[0, 1]), task(10, &[0, 1])];
        assert_eq!(starts_in(&slots(&[Some(5), Some(30)]), &waiting), [Some(5), Some(30), Some(40), Some(50)]);
    }

    #[test]
    fn a_task_that_fits_only_elsewhere_does_not_block_others() {
        let waiting = [task(100, &[0]), task(100, &[0]), task(10, &[0, 1]), task(10, &[2]), task(10, &[]), task(10, &[9])];
        assert_eq!(starts_in(&slots(&[Some(0), Some(7), None]), &waiting), [Some(0), Some(100), Some(7), None, None, None]);
    }
}
