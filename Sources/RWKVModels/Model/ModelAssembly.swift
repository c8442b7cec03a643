import HostCompute
import HostCore

/// Puts a model together from a checkpoint: memory and programs for each stage, and the ways between them.
struct ModelAssembly {
    let recipe: ModelRecipe
    let shape: ModelShape
    let devices: ModelDevices
    let tally: LoadTally

    /// What one device has of a model: the memory that its stages share.
    private struct Place<Mixing: TimeMix> {
        let backend: any Backend
        let carried: Carried
        let blocks: (workspace: Workspace, scratch: Mixing.Scratch)?
    }

    func model() throws(LoadError) -> RWKVModel { try model(shape.timeMix) }

    private func model<Mixing: TimeMix>(_: Mixing.Type) throws(LoadError) -> RWKVModel {
        let layout = StateLayout(shape: shape)
        let initial = try TunedState(shape: shape, layout: layout).values(recipe.checkpoint, recipe.initialState)
        let embedding = try Embedding(
            from: loader(on: devices.host),
            rounding: shape.generation.parts.roundsEmbedding ? recipe.embeddingRounding : .none)
        var places: [Device: Place<Mixing>] = [:]
        for backend in devices.all { places[backend.device] = try onDevice { () throws(DeviceError) in try place(on: backend) } }
        guard let host = places[.cpu] else { preconditionFailure("the host has no place") }

        // Each entry is prepared when it is known what comes after it.
        var route: [(place: Place<Mixing>, steps: [Step], states: (any StatePool)?)] = [
            (host, embedding.steps(host.carried), nil)
        ]
        var parts: [StateStore.Part] = []
        for run in devices.runs {
            guard let place = places[run.plan.device], let memory = place.blocks else { continue }
            var steps: [Step] = []
            for number in run.layers {
                let block = try Block<Mixing>(
                    number, of: shape, from: loader(on: place.backend), plan: run.plan)
                steps += block.steps(
                    memory.workspace, memory.scratch, offsets: layout.offsets(place: number - run.layers.lowerBound))
            }
            let values = Array(initial[layout.range(of: run.layers)])
            let pool = try onDevice { () throws(DeviceError) in try place.backend.makeStates(initial: values) }
            parts.append(StateStore.Part(pool: pool, layers: run.layers))
            route.append((place, steps, pool))
        }
        guard let last = places[devices.headPlan.device] else { preconditionFailure("the head has no place") }
        let head = try Head(from: loader(on: last.backend), plan: devices.headPlan)
        let files = try tally.files()
        return try onDevice { () throws(DeviceError) in
            let (stages, exit) = try connect(route, to: last)
            return RWKVModel(
                shape: shape, limits: devices.limits,
                states: StateStore(layout: layout, initialValues: initial, parts: parts), stages: stages,
                output: try outputStage(head, at: last, exit), files: files)
        }
    }

    private func loader(on backend: any Backend) -> WeightLoader { WeightLoader(recipe, on: backend, tally) }

    private func place<Mixing: TimeMix>(on backend: any Backend) throws(DeviceError) -> Place<Mixing> {
        let maker = ActivationMaker(on: backend)
        guard devices.hasBlocks(backend.device) else {
            return Place(
                backend: backend, carried: try Carried(shape: shape, from: maker, hasBlocks: false), blocks: nil)
        }
        let workspace = try Workspace(shape: shape, from: maker)
        let scratch = try Mixing.makeScratch(shape: shape, from: maker)
        return Place(backend: backend, carried: workspace.carried, blocks: (workspace, scratch))
    }

    /// Makes stages of a route, with a crossing wherever the device changes; the last crossing leads to the head.
    private func connect<Mixing: TimeMix>(
        _ route: [(place: Place<Mixing>, steps: [Step], states: (any StatePool)?)], to end: Place<Mixing>
    ) throws(DeviceError) -> (stages: [Stage], exit: Crossing?) {
        var stages: [Stage] = [], entry: Crossing?
        for (index, entryOfRoute) in route.enumerated() {
            let next = index + 1 < route.count ? route[index + 1].place : end
            let exit = crossing(from: entryOfRoute.place, to: next)
            let steps = entryOfRoute.steps + (exit?.deliveries ?? [])
            let backend = entryOfRoute.place.backend
            stages.append(
                Stage(
                    backend: backend, program: try backend.prepare(steps, states: entryOfRoute.states), crossing: entry))
            entry = exit
        }
        return (stages, entry)
    }

    private func crossing<Mixing: TimeMix>(from: Place<Mixing>, to: Place<Mixing>) -> Crossing? {
        guard from.backend !== to.backend else { return nil }
        return Crossing(
            from: from.backend, to: to.backend, from.carried.shared(with: to.carried),
            tokensPerPass: devices.limits.tokensPerPass)
    }

    private func outputStage<Mixing: TimeMix>(
        _ head: Head, at place: Place<Mixing>, _ crossing: Crossing?
    ) throws(DeviceError) -> OutputStage {
        let scratch = try Head.Scratch(shape: shape, from: ActivationMaker(on: place.backend))
        let stream = place.carried.stream, backend = place.backend
        return OutputStage(
            backend: backend, crossing: crossing,
            logits: try backend.prepare(head.logitSteps(of: stream, scratch), states: nil),
            hidden: try backend.prepare(head.hiddenSteps(of: stream, scratch), states: nil), scratch: scratch)
    }

    private func onDevice<Result>(_ work: () throws(DeviceError) -> Result) throws(LoadError) -> Result {
        do { return try work() } catch { throw error.loadError }
    }
}
