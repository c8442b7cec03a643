import Foundation
import HostCheckpoints
import HostCompute
import HostComputeCPU
import HostComputeCUDA
import HostCore
import HostExtensions
import HostFiles
import HostGeneration
import HostModels
import HostRuntime
import HostStore
import HostTokenizers
import RWKVLoaderHF
import RWKVLoaderPTH
import RWKVModels

/// The host's parts, put together; the only place that knows all of them.
struct Composition {
    let catalog: ModelCatalog
    let manager: ModelManager
    /// Reports what comes and goes in the model folder, while it runs.
    let watch: CatalogWatch
    let extensions: ActiveExtensions
    /// How the memory for clients is divided.
    let memoryPlan: MemoryPlan
    /// Where requests reserve the memory they take.
    let memory: MemoryBudget
    /// What this host shares with others; nil where it stands alone.
    let store: RedisStore?
    private let stateFolder: StateFolder?
    private let stateStore: StateStore?
    /// What the other hosts know of this one; nil where it stands alone.
    let presence: HostPresence?

    /// Every kind of device that a strategy may name; a line each.
    static func devices(log: Log, trace: PoolTrace? = nil) -> [any DeviceProvider] {
        [
            CPUDevice(trace: trace),
            CUDADevice(log: log),
        ]
    }

    init(settings: Settings, log: Log) throws {
        let registry = LoaderRegistry(
            modelBuilder: RWKVModelBuilder(log: log, devices: Composition.devices(log: log), mergeAdapters: MergedCheckpoint.merging),
            tokenizers: ColocatedTokenizers(), files: MappedFiles())
        try registry.register(HFLoader(builder: registry.modelBuilder))
        try registry.register(PTHLoader(builder: registry.modelBuilder))
        extensions = ExtensionActivation(
            folder: settings.extensionFolder, compiler: .ofThisProgram, registrar: registry, log: log
        ).activate(settings.list("extensions"), settings: settings.extensionParameters)

        var folder = ModelFolder(path: settings.modelFolder)
        folder.allowsOutsideLinks = settings.isOn("allow-links")
        catalog = ModelCatalog(folder: folder, registry: registry)
        watch = CatalogWatch(catalog)
        var configuration = ModelManager.Configuration()
        if let count = settings.integer("max-loaded-models") { configuration.maxLoadedModels = count }
        configuration.idleTimeout = settings.idleTimeout
        configuration.isStrict = settings.isOn("strict-model")
        configuration.loadOptions = try settings.loadOptions()
        memoryPlan = settings.memoryPlan
        configuration.engine = settings.engine(within: memoryPlan)
        memory = MemoryBudget(limit: memoryPlan.requests)
        configuration.memory = memory
        configuration.draftModel = settings.integer("draft-tokens") == 0 ? nil : settings.text("draft-model")
        PrivateFile.removeLeftovers(in: settings.namedStateFolder)
        stateFolder = settings.stateFolder(log: log)
        configuration.engine.stateFolder = stateFolder
        store = try settings.sharedStore(log: log)
        let seconds = settings.storeSeconds
        stateStore = store.map { StateStore($0, seconds: seconds, log: log) }
        configuration.engine.stateStore = stateStore
        let presence = store.map { HostPresence($0) }
        self.presence = presence
        if let store, let presence {
            configuration.engine.sharedSessions = SharedSessions(store, presence: presence, seconds: seconds, log: log)
        }
        configuration.readTunedState = TunedStateFile.read
        manager = ModelManager(catalog: catalog, configuration: configuration, log: log)
    }

    /// Loads the model of a command, with a bar where a terminal shows it.
    func loadFromCommandLine(_ name: String) async throws {
        let manager = manager, pending = try await manager.beginFromCommandLine(name)
        try await LoadingBar(manager: manager).during { () async throws(ModelServiceError) in
            try await manager.finish(pending)
        }
    }

    /// Writes the states that still wait to be kept, before the program ends.
    func finishStates() async {
        stateFolder?.finish(within: .seconds(3))
        await stateStore?.finish()
    }
}

extension ExtensionCompiler {
    static var ofThisProgram: ExtensionCompiler {
        .standard(
            environment: ProcessInfo.processInfo.environment, program: Bundle.main.executablePath ?? CommandLine.arguments[0])
    }
}

extension Settings {
    static let usualExtensions = "extensions"

    var extensionFolder: ExtensionFolder { ExtensionFolder(path: text("extension-dir") ?? "") }

    var modelFolder: String { text("model-dir") ?? "" }

    /// What every load starts from; a strategy text is checked here, before anything is looked up.
    func loadOptions() throws -> LoadOptions {
        var options = LoadOptions()
        options.strategy = text("rwkv-strategy")
        if let strategy = options.strategy { _ = try Strategy(parsing: strategy) }
        // As the web UI decides: --cpu means fp32 whatever --bf16 says, and an explicit strategy wins over both.
        if options.strategy == nil, isOn("cpu") || isOn("bf16") {
            options.strategy = isOn("cpu") ? "cpu fp32" : "cpu bf16"
        }
        options.compilesCUDAKernels = isOn("rwkv-cuda-on")
        options.nvrtcPath = text("nvrtc")
        options.loadsIn8Bit = isOn("load-in-8bit")
        options.threads = threads
        options.tokenizerPath = text("tokenizer")
        options.initialStatePath = text("initial-state").map(besideModels)
        options.adapters = try list("adapter").map { text in
            var adapter = try AdapterOption(parsing: text)
            adapter.path = besideModels(adapter.path)
            return adapter
        }
        return options
    }
}
