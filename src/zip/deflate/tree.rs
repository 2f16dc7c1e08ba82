//! How long each symbol's code is, from its frequency.
//!
//! Huffman's algorithm leaves open which of two equally frequent nodes comes first, and another choice makes other
//! codes of the same total size. So the heap, its order and the repair of codes that are too long are those of zlib's
//! `build_tree` and `gen_bitlen`.

/// The longest code that any alphabet may have.
pub(super) const LONGEST_CODE: u8 = 15;

/// The length of each symbol's code, 0 for one without a code, up to the last symbol that has one. There are always
/// two codes at least: symbols that do not occur get them if necessary.
pub(super) fn code_lengths(frequencies: &[u32], longest: u8) -> Vec<u8> {
    let (leaves, used) = leaves(frequencies);
    let merged = Merged::new(leaves, frequencies.len());
    let mut lengths = merged.lengths(longest);
    lengths.truncate(used);
    lengths
}

/// A node that has no parent yet.
#[derive(Clone, Copy)]
struct Node {
    frequency: u32,
    /// Levels below it.
    depth: u8,
    /// The symbol of a leaf; higher numbers for inner nodes.
    number: usize,
}

impl Node {
    fn comes_before(&self, other: &Self) -> bool {
        (self.frequency, self.depth) <= (other.frequency, other.depth)
    }
}

/// The leaves, and how many symbols there are up to the last one with a code.
fn leaves(frequencies: &[u32]) -> (Vec<Node>, usize) {
    let occurs = frequencies.iter().enumerate().filter(|(_, frequency)| **frequency != 0);
    let mut leaves: Vec<Node> = occurs.map(|(number, &frequency)| Node { frequency, depth: 0, number }).collect();
    let mut used = leaves.last().map_or(0, |last| last.number.saturating_add(1));
    while leaves.len() < 2 {
        let number = if used < 3 { used } else { 0 };
        used = used.max(number.saturating_add(1));
        leaves.push(Node { frequency: 1, depth: 0, number });
    }
    (leaves, used)
}

/// Lets the node at `index` sink to where both its children come after it.
fn sink(heap: &mut [Node], mut index: usize) {
    loop {
        let left = index.saturating_mul(2).saturating_add(1);
        let right = left.saturating_add(1);
        let Some(mut child) = heap.get(left) else { return };
        let mut lower = left;
        if let Some(other) = heap.get(right).filter(|other| other.comes_before(child)) {
            (child, lower) = (other, right);
        }
        if heap.get(index).is_none_or(|node| node.comes_before(child)) {
            return;
        }
        heap.swap(index, lower);
        index = lower;
    }
}

/// A finished tree.
struct Merged {
    /// Symbols of the alphabet: numbers below are leaves.
    symbols: usize,
    /// All nodes in the order in which they found a parent; the root is the last.
    order: Vec<usize>,
    /// The parent of each node.
    parents: Vec<usize>,
}

impl Merged {
    fn new(mut heap: Vec<Node>, symbols: usize) -> Self {
        let mut parents = vec![0; symbols.saturating_mul(2)];
        let mut order = Vec::with_capacity(parents.len());
        (0..heap.len() / 2).rev().for_each(|index| sink(&mut heap, index));
        let mut number = symbols;
        while heap.len() >= 2 {
            let first = heap.swap_remove(0);
            sink(&mut heap, 0);
            let Some(top) = heap.first_mut() else { break };
            let second = *top;
            *top = Node {
                frequency: first.frequency.saturating_add(second.frequency),
                depth: first.depth.max(second.depth).saturating_add(1),
                number,
            };
            sink(&mut heap, 0);
            for child in [first.number, second.number] {
                order.push(child);
                parents.get_mut(child).into_iter().for_each(|parent| *parent = number);
            }
            number = number.saturating_add(1);
        }
        order.extend(heap.first().map(|root| root.number));
        Self { symbols, order, parents }
    }

    fn leaves(&self) -> impl Iterator<Item = usize> {
        self.order.iter().copied().filter(|number| *number < self.symbols)
    }

    /// The code length of each symbol.
    fn lengths(&self, longest: u8) -> Vec<u8> {
        let mut lengths = vec![0_u8; self.parents.len()];
        let mut too_deep = 0_usize;
        for &node in self.order.iter().rev().skip(1) {
            let parent = self.parents.get(node).and_then(|parent| lengths.get(*parent)).copied().unwrap_or(0);
            too_deep = too_deep.saturating_add(usize::from(parent >= longest));
            let length = parent.saturating_add(1).min(longest);
            lengths.get_mut(node).into_iter().for_each(|slot| *slot = length);
        }
        lengths.truncate(self.symbols);
        if too_deep > 0 {
            self.shorten(&mut lengths, longest, too_deep);
        }
        lengths
    }

    /// Makes room for leaves that stand deeper than the longest code: as often as necessary a leaf of a higher level
    /// goes one level down and takes a leaf of the lowest level as its sibling. The rarest symbols then get the longest
    /// codes.
    fn shorten(&self, lengths: &mut [u8], longest: u8, too_deep: usize) {
        let mut counts = [0_usize; 16];
        let lowest = usize::from(longest);
        for length in self.leaves().filter_map(|leaf| lengths.get(leaf)) {
            change(&mut counts, usize::from(*length), 1);
        }
        for _ in 0..too_deep.div_ceil(2) {
            let Some(level) = counts.iter().take(lowest).rposition(|count| *count > 0) else { return };
            change(&mut counts, level, -1);
            change(&mut counts, level.saturating_add(1), 2);
            change(&mut counts, lowest, -1);
        }
        let longest_first =
            (0..=15_u8).zip(counts).rev().flat_map(|(length, count)| std::iter::repeat_n(length, count));
        for (leaf, length) in self.leaves().zip(longest_first) {
            lengths.get_mut(leaf).into_iter().for_each(|slot| *slot = length);
        }
    }
}

fn change(counts: &mut [usize], level: usize, by: isize) {
    counts.get_mut(level).into_iter().for_each(|count| *count = count.saturating_add_signed(by));
}
