import CHostKernels

/// Rows of one head that lie close together, for some tokens: [array][token][channel].
///
/// In activations the tokens of a head lie a whole row apart: pages that no processor looks ahead to, and all of them in
/// the same few sets of its caches.
@safe struct HeadTile {
    static let tokens = RK_HEAD_TOKENS

    fileprivate let memory: UnsafeMutablePointer<Float>
    fileprivate let size: Int

    func row(_ array: Int, _ token: Int = 0) -> UnsafeMutablePointer<Float> {
        unsafe memory + (array * Self.tokens + token) * size
    }

    /// Fetches the head's channels, from c on, of some rows.
    func fetch(_ x: CPUActivations, _ range: Range<Int>, _ c: Int, into array: Int) {
        let source = unsafe x.row(range.lowerBound) + c, target = unsafe row(array)
        for token in 0..<range.count { unsafe (target + token * size).update(from: source + token * x.width, count: size) }
    }
}

/// The memory of tiles, a lot for each thread; it grows and is kept.
final class HeadTilePool: @unchecked Sendable {
    private var buffer = Buffer(uninitialised: 0)
    /// Floats of one lot.
    private var lot = 0
    private var size = 0

    func prepare(threads: Int, arrays: Int, size: Int) {
        self.size = size
        lot = arrays * HeadTile.tokens * size
        if threads * lot > buffer.count { buffer = Buffer(uninitialised: threads * lot) }
    }

    func tile(of worker: Int) -> HeadTile { unsafe HeadTile(memory: buffer.pointer + worker * lot, size: size) }
}
