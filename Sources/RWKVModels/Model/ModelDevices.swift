import HostCompute
import HostCore

/// The devices that a model's plan names, opened once each, and the host's processor for the embedding.
struct ModelDevices: Sendable {
    /// One for each block and, last, one for the head.
    let plans: [LayerPlan]
    private let backends: [Device: any Backend]

    /// - Throws: `LoadError.deviceUnavailable` that names the strategy where no provider has such a device.
    init(
        for plans: [LayerPlan], of strategy: String, from providers: [any DeviceProvider], _ options: DeviceOptions
    ) throws(LoadError) {
        self.plans = plans
        var backends: [Device: any Backend] = [:], options = options
        for device in plans.map(\.device) + [.cpu] where backends[device] == nil {
            guard let provider = providers.first(where: { $0.provides(device) }) else {
                throw ModelDevices.absent(device, strategy)
            }
            // A host without layers feeds the others as much as they take at a time.
            let isIdle = device == .cpu && !plans.contains { $0.device == .cpu }
            options.passLimits = isIdle ? .common(backends.values.map(\.limits)) : nil
            do { backends[device] = try provider.open(device, options) } catch { throw error.loadError }
        }
        self.backends = backends
    }

    private static func absent(_ device: Device, _ strategy: String) -> LoadError {
        let isCUDA = if case .cuda = device { true } else { false }
        return LoadError(
            .deviceUnavailable, "strategy \"\(strategy)\"",
            isCUDA
                ? "\(device) needs NVIDIA's driver, libcuda.so.1, which this host was put together without"
                : "\(device) is not supported by this host",
            advice: "Use \"cpu fp32\", \"cpu bf16\" or \"cpu fp32i8\"")
    }

    subscript(_ device: Device) -> any Backend {
        guard let backend = backends[device] else { preconditionFailure("\(device) was not opened") }
        return backend
    }

    /// Where the embedding lies.
    var host: any Backend { self[.cpu] }

    /// In the order of the first layer of each.
    var all: [any Backend] { order.map { self[$0] } }

    private var order: [Device] {
        ([.cpu] + plans.map(\.device)).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// What passes take at a time: the least of the devices that they go through, the host's own where it has no layer too,
    /// since its embedding feeds them.
    var limits: DeviceLimits { DeviceLimits.common(all.map(\.limits)) ?? host.limits }

    /// Runs of blocks with equal plans.
    var runs: [(layers: Range<Int>, plan: LayerPlan)] {
        var runs: [(layers: Range<Int>, plan: LayerPlan)] = []
        for (number, plan) in plans.dropLast().enumerated() {
            if let last = runs.last, last.plan == plan {
                runs[runs.count - 1].layers = last.layers.lowerBound..<number + 1
            } else {
                runs.append((number..<number + 1, plan))
            }
        }
        return runs
    }

    /// The plan of the head.
    var headPlan: LayerPlan { plans[plans.count - 1] }

    func hasBlocks(_ device: Device) -> Bool { plans.dropLast().contains { $0.device == device } }
}
