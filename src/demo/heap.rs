//! Python's `heapq` on prompts: its layout is visible in `/queue` (fact 40).

use super::prompt::Prompt;

/// `heapq.heappop`.
pub(super) fn pop(heap: &mut Vec<Prompt>) -> Option<Prompt> {
    if heap.is_empty() {
        return None;
    }
    let first = heap.swap_remove(0);
    if !heap.is_empty() {
        sift_up(heap, 0);
    }
    Some(first)
}

/// `heapq._siftdown`: moves the entry at `at` towards the root.
pub(super) fn sift_down(heap: &mut [Prompt], start: usize, mut at: usize) {
    while at > start {
        let parent = (at - 1) / 2;
        if !heap[at].before(&heap[parent]) {
            break;
        }
        heap.swap(at, parent);
        at = parent;
    }
}

/// `heapq._siftup`: moves the entry at `at` down to a leaf along the smaller children, then back up to its position.
pub(super) fn sift_up(heap: &mut [Prompt], start: usize) {
    let mut at = start;
    loop {
        let left = 2 * at + 1;
        if left >= heap.len() {
            break;
        }
        let right = left + 1;
        let child = if right < heap.len() && !heap[left].before(&heap[right]) { right } else { left };
        heap.swap(at, child);
        at = child;
    }
    sift_down(heap, start, at);
}
