import CHostKernels

/// Rows of one head that lie close together, for some tokens: [array][token][channel].
///
/// In activations the tokens of a head lie a whole row apart: pages that no processor looks ahead to, and all of them in
/// the same few sets of its caches.
@safe struct NearRows {
    static let tokens = RK_HEAD_TOKENS

    fileprivate let memory: UnsafeMutablePointer<Float>
    fileprivate let size: Int

    func row(_ array: Int, _ token: Int = 0) -> UnsafeMutablePointer<Float> {
        unsafe memory + (array * Self.tokens + token) * size
    }

    /// Fetches the head's channels, from c on, of some rows.
    func fetch(_ x: Activations, _ range: Range<Int>, _ c: Int, into array: Int) {
        let source = unsafe x.row(range.lowerBound) + c, target = unsafe row(array)
        for token in 0..<range.count { unsafe (target + token * size).update(from: source + token * x.width, count: size) }
    }
}

/// The memory of near rows, one lot for each part of a job; it grows and is kept.
final class NearMemory: @unchecked Sendable {
    private var buffer = Buffer(count: 0)
    private var arrays = 0, size = 0

    private var lot: Int { arrays * NearRows.tokens * size }

    func prepare(_ parts: Int, arrays: Int, size: Int) {
        (self.arrays, self.size) = (arrays, size)
        if parts * lot > buffer.count { buffer = Buffer(count: parts * lot) }
    }

    func rows(part: Int) -> NearRows { unsafe NearRows(memory: buffer.pointer + part * lot, size: size) }
}
