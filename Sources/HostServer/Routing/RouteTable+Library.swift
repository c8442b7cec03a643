import HostGeneration

/// What people keep under names; reading it needs the API key, changing it the admin key.
extension RouteTable {
    static let library =
        entries("/v1/internal/presets") { await PresetLibrary($0.configuration, models: $0.service.presets()) }
        + entries("/v1/internal/characters") { CharacterLibrary($0) }
        + entries("/v1/internal/instruction-templates") { TemplateLibrary($0.configuration) }

    private static func entries(
        _ path: String, _ library: @escaping @Sendable (EndpointContext) async -> any NamedLibrary
    ) -> [Route] {
        let entry = LibraryEntryEndpoint(library: library)
        return [
            Route("GET", path, key: .api, LibraryListEndpoint(library: library)),
            Route("GET", "\(path)/{name}", key: .api, entry),
            Route("PUT", "\(path)/{name}", key: .admin, entry),
            Route("DELETE", "\(path)/{name}", key: .admin, entry),
        ]
    }
}
