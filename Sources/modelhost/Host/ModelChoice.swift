import Foundation
import HostCore
import HostGeneration
import HostModels

/// Which model is loaded at the start: the named one, the only one, or the one picked from a menu.
struct ModelChoice {
    let settings: Settings
    let manager: ModelManager

    /// The model's name, or nil when the choice is left to later.
    ///
    /// - Source: text-generation-webui `server.py`: the flag, else the only model, else the menu, else none.
    func name() async -> String? {
        if let name = settings.text("model") { return name }
        let ids = await usable()
        if ids.count == 1 { return ids[0] }
        return settings.isOn("model-menu") && !ids.isEmpty ? ask(ids) : nil
    }

    /// The model's name, for a command that is nothing without one.
    func required() async throws(UsageError) -> String {
        if let name = await name() { return name }
        let ids = await usable()
        guard !ids.isEmpty else {
            // Loading what is there alone says why it cannot be loaded.
            let all = await manager.listings()
            if all.count == 1 { return all[0].id }
            throw UsageError(
                settings.modelFolder, "holds no model that can be loaded",
                advice: "Put a .pth file or a Hugging Face folder there; modelhost models lists what is found")
        }
        throw UsageError("--model", "is needed: there are \(ids.joined(separator: ", "))", advice: nil)
    }

    private func usable() async -> [String] {
        await manager.listings().filter { $0.loader != nil }.map(\.id)
    }

    private func ask(_ ids: [String]) -> String? {
        Terminal.err("Which model?")
        Terminal.err("")
        for (index, id) in ids.enumerated() { Terminal.err("  \(index + 1). \(id)") }
        while true {
            Terminal.err("")
            Terminal.err("1 to \(ids.count): ", terminator: "")
            guard let line = readLine() else { return nil }
            if let number = Int(line.trimmingCharacters(in: .whitespaces)), ids.indices.contains(number - 1) {
                return ids[number - 1]
            }
        }
    }
}
