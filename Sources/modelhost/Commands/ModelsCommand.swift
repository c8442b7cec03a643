import Foundation
import HostCore
import HostGeneration
import HostModels

/// `modelhost models`: what is found, by which loader, how large, and why something cannot be loaded.
struct ModelsCommand {
    let settings: Settings

    func run() async throws {
        let composition = try Composition(settings: settings, log: Terminal.warnings)
        if let problem = await composition.manager.folderProblem(), problem.kind == .unreadable { throw problem }
        let listings = await composition.manager.listings()
        if settings.isOn("json") {
            Terminal.out(JSONValue.object(JSONObject([("models", .array(listings.map(Self.json)))])).encoded(.pretty))
            return
        }
        guard !listings.isEmpty else {
            Terminal.out(
                "No models in \(settings.modelFolder). Put a .pth file or a Hugging Face folder there, or fetch one: modelhost pull --help")
            return
        }
        var table = Table(header: ["MODEL", "LOADER", "KIND", "LAYERS", "WIDTH", "VOCABULARY", "SIZE"])
        for listing in listings {
            guard let summary = listing.summary, let loader = listing.loader else { continue }
            table.add([
                listing.id, loader, summary.architecture, String(summary.layerCount), String(summary.hiddenSize),
                String(summary.vocabularySize), ByteCount.text(summary.weightBytes),
            ])
        }
        Terminal.out(table.text)
        for listing in listings where listing.loader == nil {
            Terminal.out("\n\(Log.line(listing.id)) cannot be loaded:")
            for refusal in listing.refusals { Terminal.out("  \(Log.line(refusal))") }
        }
        for listing in listings {
            guard let obstacle = listing.summary?.obstacle else { continue }
            Terminal.out("\n\(Log.line(listing.id)) lacks something:\n  \(Log.line(obstacle))")
        }
    }

    private static func json(_ listing: ModelListing) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("id", .string(listing.id)), ("loader", listing.loader.map(JSONValue.string) ?? .null),
        ]
        if let summary = listing.summary {
            members += [
                ("architecture", .string(summary.architecture)), ("layers", .integer(summary.layerCount)),
                ("hidden_size", .integer(summary.hiddenSize)), ("vocabulary_size", .integer(summary.vocabularySize)),
                ("bytes", .integer(summary.weightBytes)),
                ("obstacle", summary.obstacle.map(JSONValue.string) ?? .null),
            ]
        }
        members.append(("refusals", .array(listing.refusals.map(JSONValue.string))))
        return .object(JSONObject(members))
    }
}
