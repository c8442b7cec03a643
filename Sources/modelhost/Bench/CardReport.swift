import Foundation
import HostComputeCUDA
import HostCore

/// A card and what it reached in this run.
struct CardReport {
    let device: Device
    let name: String, capability: String
    let limits: CardLimits

    init(_ device: Device, _ meter: CardMeter) throws {
        self.device = device
        (name, capability) = (meter.name, meter.capability)
        limits = try meter.measure()
    }

    var text: String {
        "\(device): \(name), compute capability \(capability), which reaches: "
            + String(format: "reading %.0f GB/s, fp16 matrices %.1f T/s", limits.readBandwidth / 1e9, limits.matrixPeak / 1e12)
    }

    var json: JSONValue {
        .object(
            JSONObject([
                ("device", .string(device.description)), ("name", .string(name)), ("compute_capability", .string(capability)),
                ("read_bandwidth_bytes_per_second", .number(limits.readBandwidth)),
                ("fp16_matrix_flops", .number(limits.matrixPeak)),
            ]))
    }
}
