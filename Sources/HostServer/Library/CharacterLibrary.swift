import HostCore
import HostFiles
import HostTemplates

/// The characters there are: files in YAML and JSON, and pictures that carry a card.
struct CharacterLibrary: Sendable {
    let files: NamedFiles
    private let warn: @Sendable (String) -> Void

    /// Requests that name none in a chat talk to this one.
    static let standard = "Assistant"

    private static let assistant = CharacterCard(
        name: "AI", context: "A conversation with {{char}}, an assistant who answers questions truthfully and to the point.")

    init(_ context: EndpointContext) {
        let once = context.once
        files = NamedFiles(
            kind: "a character", field: "character",
            folders: context.configuration.userFolder.map { ["\($0)/characters"] } ?? [],
            suffixes: [".yaml", ".yml", ".json", ".png"], maximumBytes: 16 << 20)
        warn = { once.warning($0) }
    }

    func card(named name: String, status: Int = 400) throws(APIError) -> CharacterCard {
        guard let found = try files.find(name) else {
            if name == CharacterLibrary.standard { return CharacterLibrary.assistant }
            throw files.missing(name, known: files.names(), status: status)
        }
        let object: JSONObject
        if found.file.hasSuffix(".png") {
            let picture = try files.bytes(of: found, name: name)
            do throws(CardProblem) {
                object = try CharacterPNG.card(in: picture)
            } catch {
                throw files.unreadable(name, "\(error.text).")
            }
        } else {
            object = try files.object(in: found, name: name)
        }
        for field in CharacterCard.unused(object) {
            warn("the character \"\(name)\" has \(field), which has no place in prompts here; it is left out")
        }
        guard let card = CharacterCard(object) else { throw files.unreadable(name, "it has no name.") }
        return card
    }

    /// Every character; of pictures only those that stand alone and carry a card.
    var names: [String] {
        var names = Set(files.names())
        for name in names {
            guard let found = try? files.find(name), found.file.hasSuffix(".png") else { continue }
            if (try? card(named: name)) == nil { names.remove(name) }
        }
        return NaturalOrder.sorted(names.union([CharacterLibrary.standard]))
    }
}
