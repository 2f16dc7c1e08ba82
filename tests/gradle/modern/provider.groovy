package org.gradle.api.provider

/** A value that is asked for late. */
class Provider<T> {
    Closure ask = { null }

    static Provider of(value) { new Provider(ask: { value instanceof Provider ? value.getOrNull() : value }) }

    T getOrNull() { ask() }

    T get() {
        def value = getOrNull()
        if (value == null) throw new IllegalStateException('there is no value')
        return value
    }

    boolean isPresent() { getOrNull() != null }

    T getOrElse(T other) { def value = getOrNull(); value == null ? other : value }

    Provider map(Closure change) { new Provider(ask: { def value = getOrNull(); value == null ? null : change(value) }) }

    Provider orElse(other) { new Provider(ask: { def value = getOrNull(); value == null ? Provider.of(other).getOrNull() : value }) }
}

class Property<T> extends Provider<T> {
    void set(value) { ask = Provider.of(value).ask }
}

class ListProperty<T> extends Property<List<T>> {}

class MapProperty<K, V> extends Provider<Map<K, V>> {
    private final Map<K, Object> entries = [:]

    void put(K key, value) { entries[key] = value }

    Map getOrNull() { entries.collectEntries { key, value -> [(key): Provider.of(value).get()] } }
}
