import Testing

@testable import HostCompute

/// How the heads of several sequences are shared out to threads.
@Suite("Recurrences of heads in a batch")
struct HeadBackendTests {
    static let heads = 3, size = 16, width = 48
    /// Tokens of each sequence: one, one more than near rows hold, none, and several times as many.
    static let lengths = [1, 17, 0, 40]

    /// What a recurrence reads: the activations of all sequences, in their order, and a state for each.
    struct Numbers {
        let arrays: [[Float]], states: [[Float]], vectors: [[Float]]

        init() {
            var random = Random(seed: 77)
            let rows = lengths.reduce(0, +)
            arrays = (0..<8).map { _ in random.floats(rows * width) }
            states = lengths.map { _ in random.floats(width * size) }
            vectors = (0..<8).map { _ in random.floats(width) }
        }
    }

    /// Outputs and states of these sequences, read in one batch.
    private func run(_ generation: Int, _ sequences: [Int], threads: Int, _ numbers: Numbers) -> (out: [Float], states: [[Float]]) {
        let backend = CPUBackend(threads: threads)
        var batch = RowBatch(), rows: [Int] = [], buffers: [Buffer] = []
        for sequence in sequences {
            let start = Self.lengths.prefix(sequence).reduce(0, +), length = Self.lengths[sequence]
            let state = Buffer(count: Self.width * Self.size + 5)
            state.copy(from: [Float](repeating: 3, count: 5) + numbers.states[sequence])
            batch.append([Int](repeating: 0, count: length)[...], state: state)
            rows += start..<start + length
            buffers.append(state)
        }
        func array(_ index: Int) -> Activations {
            let result = Activations(width: Self.width)
            result.resize(rows: rows.count)
            for (place, row) in rows.enumerated() {
                for c in 0..<Self.width { unsafe result.row(place)[c] = numbers.arrays[index][row * Self.width + c] }
            }
            return result
        }
        func vector(_ index: Int) -> Vector { backend.makeVector(tensor([Self.width], numbers.vectors[index]), nil) }
        let out = Activations(width: Self.width), norm = LayerNorm(gain: vector(0), bias: vector(1), epsilon: 1e-3)
        if generation == 7 {
            backend.recur7(
                Recurrence7(
                    r: array(0), k: array(1), v: array(2), decay: array(3), rate: array(4), gate: array(5), out: out,
                    firstValue: array(6), valueMix: (array(7), vector(2)), decayBase: vector(3), rateBase: vector(4),
                    removalScale: vector(5), keyRate: vector(6), bonus: vector(7), groupNorm: norm, headSize: Self.size),
                in: batch, slot: 5)
        } else {
            let decay: Recurrence6.Decay =
                generation == 5
                ? .constant(backend.makeVector(tensor([Self.width], numbers.vectors[2])) { abs($0) })
                : .perToken(array(3), base: vector(2))
            backend.recur6(
                Recurrence6(
                    r: array(0), k: array(1), v: array(2), decay: decay, first: vector(3), groupNorm: norm,
                    gate: generation == 5 ? nil : array(4), out: out, headSize: Self.size),
                in: batch, slot: 5)
        }
        var result = [Float](repeating: 0, count: out.rows * Self.width)
        for row in 0..<out.rows { out.read(row: row, into: &result, at: row * Self.width) }
        return (result, buffers.map(\.values))
    }

    @Test("every sequence gets the bits that it gets alone, whoever computes them", arguments: [5, 6, 7], [1, 2, 5])
    func sharing(generation: Int, threads: Int) {
        let numbers = Numbers()
        let all = run(generation, Array(Self.lengths.indices), threads: threads, numbers)
        var out: [Float] = [], states: [[Float]] = []
        for sequence in Self.lengths.indices {
            let alone = run(generation, [sequence], threads: 1, numbers)
            out += alone.out
            states += alone.states
        }
        #expect(all.out == out && all.states == states)
        #expect(out.allSatisfy(\.isFinite) && Set(out).count > out.count / 2)
        // The sequence without tokens keeps its state, and nobody writes below the slot.
        #expect(states[2].dropFirst(5).elementsEqual(numbers.states[2]))
        #expect(states.allSatisfy { $0.prefix(5).allSatisfy { $0 == 3 } })
    }
}
