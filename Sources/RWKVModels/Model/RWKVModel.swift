package import HostCompute
package import HostCore
import Synchronization

/// An RWKV model in memory: embedding, stages of blocks, head.
///
/// The residual stream, normalisations, states and logits are fp32 under every strategy and on every device; a strategy
/// says how weights are held and what products are computed in. So nothing overflows, and the halving of the stream that
/// fp16 engines do every few layers (`rescale_every`) is not needed: it changes logits only through the ε of the
/// normalisations.
package final class RWKVModel: LanguageModel {
    package let shape: ModelShape
    /// What all devices of the model take at a time.
    package let limits: DeviceLimits
    let states: StateStore
    /// The embedding, then the blocks, in order.
    private let stages: [Stage]
    private let output: OutputStage
    private let plan = PassPlan()
    /// What weights are used in place from.
    private let files: [any ByteRegion]
    /// The slots of the entries of the present call. Held during a pass: the memory that passes work in is one.
    private let turn = Mutex<[Int]>([])

    init(
        shape: ModelShape, limits: DeviceLimits, states: StateStore, stages: [Stage], output: OutputStage,
        files: [any ByteRegion]
    ) {
        (self.shape, self.limits, self.states) = (shape, limits, states)
        (self.stages, self.output, self.files) = (stages, output, files)
        longestChain = stages.allSatisfy(\.backend.runsChains) && output.backend.runsChains ? limits.tokensPerPass : 1
    }

    var layout: StateLayout { states.layout }

    package var vocabularySize: Int { shape.vocabularySize }
    package var hiddenSize: Int { shape.hiddenSize }
    package var promptChunk: Int { limits.promptChunk }

    package let longestChain: Int

    package func makeState() -> any RecurrentState { RWKVState(in: states) }

    package func forward(_ entries: inout [BatchEntry]) throws(GenerationError) {
        try check(entries)
        try checkFiles()
        for index in entries.indices { prepareOutputs(of: &entries[index]) }
        do {
            try turn.withLock { slots throws(DeviceError) in try run(&entries, in: &slots) }
        } catch {
            throw error.generationError
        }
    }

    private func run(_ entries: inout [BatchEntry], in slots: inout [Int]) throws(DeviceError) {
        try place(entries, in: &slots)
        do {
            try runPasses(&entries, slots)
        } catch {
            for entry in entries { (entry.state as? RWKVState)?.lose(to: error) }
            throw error
        }
    }

    /// Sees to it that every entry's state is where passes find it; what fails here has advanced none.
    private func place(_ entries: borrowing [BatchEntry], in slots: inout [Int]) throws(DeviceError) {
        slots.removeAll(keepingCapacity: true)
        for index in entries.indices {
            guard let state = entries[index].state as? RWKVState else { continue }
            slots.append(try state.place(in: states))
        }
    }

    private func runPasses(_ entries: inout [BatchEntry], _ slots: [Int]) throws(DeviceError) {
        var position = PassPlan.Position()
        while plan.next(entries, slots: slots, from: &position, limits: limits) {
            for stage in stages { try stage.run(plan.batch) }
            try deliver(to: &entries)
        }
        // Until here, passes of which nothing was wanted ran on while the next was made ready.
        try output.backend.wait()
    }

    /// Computes what the entries of the pass asked for and copies it out; where they asked for something, the pass is over then.
    private func deliver(to entries: inout [BatchEntry]) throws(DeviceError) {
        try output.crossing?.run(tokens: plan.batch.tokens.count)
        plan.collect(entries, \.logits)
        try forEachOutput(of: output.logits) { index, target in
            let offset = entries[target.entry].output.logits == .all ? target.token * vocabularySize : 0
            output.backend.read(
                output.scratch.logits, rows: index..<index + 1, into: &entries[target.entry].logits, at: offset)
        }
        plan.collect(entries, \.hidden)
        try forEachOutput(of: output.hidden) { index, target in
            let offset = entries[target.entry].output.hidden == .all ? target.token * hiddenSize : 0
            output.backend.read(
                output.scratch.hidden, rows: index..<index + 1, into: &entries[target.entry].hidden, at: offset)
        }
    }

    /// Runs a program over the wanted rows, and has each row of its result fetched.
    private func forEachOutput(
        of program: any Program, _ fetch: (_ index: Int, _ target: PassPlan.Target) -> Void
    ) throws(DeviceError) {
        var start = 0
        while let slice = plan.nextOutputs(from: start, limits: limits) {
            output.backend.submit(program, plan.batch)
            try output.backend.wait()
            for (index, target) in plan.targets[slice].enumerated() { fetch(index, target) }
            start = slice.upperBound
        }
    }

    /// Weights that were cut or rewritten in place would give noise, not an error.
    package func checkFiles() throws(GenerationError) {
        for file in files {
            do {
                try file.checkUnchanged()
            } catch {
                throw GenerationError(.device, error.subject, error.problem, advice: error.advice)
            }
        }
    }
}
