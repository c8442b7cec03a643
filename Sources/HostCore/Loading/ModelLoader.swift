/// Turns one kind of model file or folder into a `LoadedModel`; the door for every model the host can serve.
///
/// An implementation must pass this check:
///
/// ```swift
/// #expect(loader.probe(emptyFolder) is a refusal whose reason names what was missing)
/// let model = try await loader.load(source, options: LoadOptions(), progress: { _ in })
/// #expect(model.tokenizer.vocabularySize <= model.info.vocabularySize)
/// var batch = [BatchEntry(tokens: [0], state: model.model.makeState(), output: .lastLogits)]
/// try model.model.forward(&batch)
/// #expect(batch[0].logits.count == model.info.vocabularySize)
/// ```
public protocol ModelLoader: Sendable {
    /// The loader's name, unique in the host, such as `rwkv-pth`.
    var name: String { get }

    /// Endings of names that files of this loader have, without the first dot, such as `gguf` or `uni.json`.
    ///
    /// Every file of the model folder is offered to every loader, but for downloads that are not complete. Those that usually
    /// go with models without being one (`json`, `txt`, `yaml`, `md`, `py`, `pt` and their like) are listed only where a loader
    /// accepts them; a file that a loader claims here is listed also when it is broken, with the reason.
    var suffixes: [String] { get }

    /// Looks at the content (never at names alone) and answers; loads nothing, and is quick. What it opened on the way it
    /// may hand on to a load that follows.
    func probe(_ source: ModelSource) -> Probe

    /// Loads the model; called after `probe` accepted, unless what the probe handed on is still good. Runs off the main
    /// path and may take long.
    ///
    /// - Throws: `LoadError` that names the file or tensor, what was expected, what was found and the next step.
    func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel
}

extension ModelLoader {
    public var suffixes: [String] { [] }
}

/// What the user wishes for one load; every field has a meaning for every loader or is refused by name.
public struct LoadOptions: Sendable, Hashable {
    /// The strategy text, such as `cuda fp16 *10 -> cpu fp32`; nil means fp16 on a card that answers and takes the model, else
    /// fp32 arithmetic on the CPU, with the weights as stored.
    public var strategy: String?
    /// Whether CUDA kernels are compiled for the very card (`--rwkv-cuda-on`).
    public var compilesCUDAKernels = false
    /// NVIDIA's compiler library (NVRTC) for that; nil to look for it.
    public var nvrtcPath: String?
    /// CPU threads; nil means one for each core.
    public var threads: Int?
    /// Whether weights are quantised to eight bits (`--load-in-8bit`).
    public var loadsIn8Bit = false
    /// A tokenizer file to use instead of the one found beside the weights.
    public var tokenizerPath: String?
    /// A file of trained start states (`blocks.N.att.time_state`) that every sequence begins with; nil for none.
    public var initialStatePath: String?
    /// What fine-tuning added to the model, merged into it in this order while it loads.
    public var adapters: [AdapterOption] = []

    /// Everything as the host decides by itself.
    public init() {}
}

/// How far a load has come.
public struct LoadProgress: Sendable, Equatable {
    /// Bytes of weights done.
    public let completedBytes: Int
    /// Bytes of weights in all.
    public let totalBytes: Int

    public init(completedBytes: Int, totalBytes: Int) {
        self.completedBytes = completedBytes
        self.totalBytes = totalBytes
    }

    /// The share that is done, in 0...1.
    public var fraction: Double { totalBytes > 0 ? Double(completedBytes) / Double(totalBytes) : 0 }
}

/// Called from time to time during a load, from any thread.
public typealias LoadProgressHandler = @Sendable (LoadProgress) -> Void
