import HostCompute

/// What goes from stage to stage: all that later layers need of what was computed before them.
struct Carried: Sendable {
    /// [tokens, C]: the residual stream.
    let stream: any Activations
    /// [tokens, C]: the normalised embeddings, where channel mixing looks back at them.
    let embedded: (any Activations)?
    /// [tokens, A]: the first layer's values, where time mixing looks back at them.
    let firstValue: (any Activations)?

    init(shape: ModelShape, from maker: ActivationMaker, hasBlocks: Bool = true) throws(DeviceError) {
        stream = try maker.make(shape.hiddenSize)
        embedded = shape.usesDeepEmbed ? try maker.make(shape.hiddenSize) : nil
        firstValue = hasBlocks && shape.timeMix.looksBack ? try maker.make(shape.attentionSize) : nil
    }

    /// What has a counterpart on another device.
    func shared(with other: Carried) -> [(from: any Activations, to: any Activations)] {
        [(stream, other.stream), (embedded, other.embedded), (firstValue, other.firstValue)].compactMap { from, to in
            if let from, let to { (from, to) } else { nil }
        }
    }
}

/// The memory that the blocks of one device work in, whatever the generation; made once, and the same for each layer.
struct Workspace: Sendable {
    let carried: Carried
    /// [tokens, C]: a layer's input after normalisation.
    let normalized: any Activations
    /// [tokens, C] each: the same after a token shift, for the products of a block.
    let mixed: [any Activations]
    /// [tokens, C]: what a layer adds to the stream.
    let delta: any Activations
    /// [tokens, A] each.
    let receptance: any Activations, key: any Activations, value: any Activations
    /// [tokens, F]: inside channel mixing.
    let inner: any Activations
    /// [tokens, C]: channel mixing's gate.
    let gate: any Activations
    let deepEmbed: DeepEmbed.Scratch?

    var stream: any Activations { carried.stream }

    init(shape: ModelShape, from maker: ActivationMaker) throws(DeviceError) {
        let width = shape.hiddenSize, attention = shape.attentionSize
        carried = try Carried(shape: shape, from: maker)
        normalized = try maker.make(width)
        var mixed: [any Activations] = []
        for _ in 0..<max(shape.timeMix.shiftCount, ChannelMix.shiftCount) { mixed.append(try maker.make(width)) }
        self.mixed = mixed
        delta = try maker.make(width)
        receptance = try maker.make(attention)
        key = try maker.make(attention)
        value = try maker.make(attention)
        inner = try maker.make(shape.feedForwardSize)
        gate = try maker.make(width)
        deepEmbed = shape.usesDeepEmbed ? try DeepEmbed.Scratch(shape: shape, from: maker) : nil
    }
}
