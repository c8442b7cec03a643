import Foundation
import HostCore
import HostHTTP
import HostTemplates
import HostRuntime

/// What people keep under names for requests to use.
protocol NamedLibrary: Sendable {
    /// The member under which names are listed.
    var plural: String { get }
    var names: [String] { get }

    /// What stands under a name.
    ///
    /// - Throws: 404 where nothing does.
    func entry(named name: String) throws(APIError) -> JSONObject
    /// Takes what a body says and keeps it under a name.
    func save(_ name: String, _ reader: inout FieldReader) throws
    func delete(_ name: String) throws(APIError)
}

/// `GET /v1/internal/presets`, `/characters` and `/instruction-templates`: the names there are.
struct LibraryListEndpoint: Endpoint {
    let library: @Sendable (EndpointContext) async -> any NamedLibrary

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let library = await library(context)
        // Characters in pictures are looked into.
        let names = try await WorkerPool.shared.run(.large) { library.names }
        return .json([library.plural: .array(names.map(JSONValue.string))])
    }
}

/// `GET`, `PUT` and `DELETE` of one of them by its name.
struct LibraryEntryEndpoint: Endpoint {
    let library: @Sendable (EndpointContext) async -> any NamedLibrary

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let name = context.pathParameter ?? "", library = await library(context)
        switch request.method {
        case "PUT":
            try context.requireKeeping()
            let once = context.once
            try await context.read(request) { reader in
                try library.save(name, &reader)
                once.noteUnknownFields(reader.unknownNames)
            }
            return .json(["name": .string(name), "saved": true])
        case "DELETE":
            try context.requireKeeping()
            try await WorkerPool.shared.run { try library.delete(name) }
            return .json(["name": .string(name), "deleted": true])
        default:
            let entry = try await WorkerPool.shared.run { try library.entry(named: name) }
            return .json(.object(JSONObject([("name", .string(name))] + entry.members.map { ($0.key, $0.value) })))
        }
    }
}

extension EndpointContext {
    /// - Throws: 403 where several people share the host, so that none of them changes what the others find.
    func requireKeeping() throws(APIError) {
        guard configuration.isMultiUser else { return }
        throw APIError(
            status: 403, message: "This host runs with --multi-user, so nothing is saved or deleted.", code: "multi_user")
    }
}

extension PresetLibrary: NamedLibrary {
    var plural: String { "presets" }

    func entry(named name: String) throws(APIError) -> JSONObject {
        JSONObject([("parameters", .object(try preset(named: name, status: 404)))])
    }

    func save(_ name: String, _ reader: inout FieldReader) throws {
        try files.check(name)
        guard let parameters = try reader.object("parameters") else {
            throw APIError.invalid("parameters", "parameters is missing.")
        }
        if let unknown = parameters.keys.first(where: { key in !Presets.knobs.contains { $0.name == key } }) {
            throw APIError.invalid("parameters.\(unknown.prefix(64))", "A preset has no parameter \"\(unknown.prefix(64))\".")
        }
        var fields = FieldReader(parameters)
        _ = try SamplingFields.read(&fields, defaults: SamplingParameters())
        try files.save(name, Array(YAMLWriter.text(parameters).utf8), suffix: ".yaml")
    }

    func delete(_ name: String) throws(APIError) {
        if try files.find(name) == nil {
            if PresetLibrary.builtIn[name] != nil { throw APIError.builtIn(name, field: "preset") }
            if ofModel[name] != nil {
                throw APIError.invalid(
                    "preset", "\"\(name)\" comes with the model; it can be replaced by a file of that name, but not deleted.")
            }
        }
        try files.delete(name)
    }
}

extension TemplateLibrary: NamedLibrary {
    var plural: String { "instruction_templates" }

    func entry(named name: String) throws(APIError) -> JSONObject {
        JSONObject([("template", .string(try template(named: name, status: 404).source))])
    }

    func save(_ name: String, _ reader: inout FieldReader) throws {
        try files.check(name)
        guard let source = try reader.string("template"), !source.isEmpty else {
            throw APIError.invalid("template", "template is missing; send it as a text in Jinja.")
        }
        do {
            _ = try ChatTemplate(source: source)
        } catch {
            throw APIError.invalid("template", "\(error)", code: "invalid_template")
        }
        let object = JSONObject([("instruction_template", .string(source))])
        try files.save(name, Array(YAMLWriter.text(object).utf8), suffix: ".yaml")
    }

    func delete(_ name: String) throws(APIError) {
        if try files.find(name) == nil, TemplateLibrary.builtIn[name] != nil {
            throw APIError.builtIn(name, field: "instruction_template")
        }
        try files.delete(name)
    }
}

extension CharacterLibrary: NamedLibrary {
    var plural: String { "characters" }

    func entry(named name: String) throws(APIError) -> JSONObject {
        JSONObject([("character", try card(named: name, status: 404).json)])
    }

    /// Its parts, or the picture or JSON of a card in base64.
    func save(_ name: String, _ reader: inout FieldReader) throws {
        try files.check(name)
        if let text = try reader.string("card") {
            guard let bytes = Data(base64Encoded: text).map(Array.init), !bytes.isEmpty else {
                throw APIError.invalid("card", "card must be a picture or a JSON file in base64.")
            }
            return try save(name, card: bytes)
        }
        guard let fields = try reader.object("character") else {
            throw APIError.invalid("character", "character is missing; send its name, context and greeting, or a card in base64.")
        }
        guard CharacterCard(fields) != nil else { throw APIError.invalid("character.name", "character.name is missing.") }
        var kept = JSONObject()
        for (key, value) in fields.members where !value.isNull { kept[key] = value }
        try files.save(name, Array(YAMLWriter.text(kept).utf8), suffix: ".yaml")
    }

    private func save(_ name: String, card bytes: [UInt8]) throws(APIError) {
        let isJSON = bytes.first { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "{")
        let object: JSONObject?
        if isJSON {
            object = (try? JSONValue(parsing: bytes))?.objectValue
        } else {
            do throws(CardProblem) {
                object = try CharacterPNG.card(in: bytes)
            } catch {
                throw APIError.invalid("card", "The card cannot be read: \(error.text).")
            }
        }
        guard let object, CharacterCard(object) != nil else {
            throw APIError.invalid("card", "The card cannot be read: it is not that of a character with a name.")
        }
        try files.save(name, bytes, suffix: isJSON ? ".json" : ".png")
    }

    func delete(_ name: String) throws(APIError) {
        if try files.find(name) == nil, name == CharacterLibrary.standard { throw APIError.builtIn(name, field: "character") }
        try files.delete(name)
    }
}

extension APIError {
    fileprivate static func builtIn(_ name: String, field: String) -> APIError {
        APIError.invalid(field, "\"\(name)\" is built in; it can be replaced by a file of that name, but not deleted.")
    }
}
