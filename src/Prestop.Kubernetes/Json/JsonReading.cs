using System.Text.Json;

namespace Prestop.Kubernetes.Json;

/// <summary>
/// Reading by hand, forward only: of an object's many fields a handful is looked at, and nothing is built for the rest. The API
/// server writes an empty list or object as <c>null</c> as often as not, so null is no error anywhere. Every kind has its own loop over its
/// fields: a function for each field, given to one loop for all, could not keep what it reads in the locals of its caller without an allocation.
/// </summary>
public static class JsonReading
{
    extension(ref Utf8JsonReader json)
    {
        /// <summary>Whether the current value is an object; its fields come next. False for null.</summary>
        public bool EnterObject() => json.Is(JsonTokenType.StartObject);

        /// <summary>Whether the current value is an array; its items come next. False for null.</summary>
        public bool EnterArray() => json.Is(JsonTokenType.StartArray);

        /// <summary>Goes to the name of the next field; false at the end of the object.</summary>
        public bool NextField() => json.Read() && json.TokenType is JsonTokenType.PropertyName;

        /// <summary>Whether the current field has this name; if so, its value is the current token now.</summary>
        public bool IsField(ReadOnlySpan<byte> name) => json.ValueTextEquals(name) && json.Read();

        /// <summary>Passes over the value of the current field.</summary>
        public void SkipField() => json.Skip();

        /// <summary>Goes to the first token of the next item; false at the end of the array.</summary>
        public bool NextItem() => json.Read() && json.TokenType is not JsonTokenType.EndArray;

        /// <summary>The current value as text, or null.</summary>
        public string? TextOrNull()
        {
            try
            {
                return json.Is(JsonTokenType.String) ? json.GetString() : null;
            }
            catch (InvalidOperationException thrown)
            {
                // Utf8JsonReader says this of bytes that are not UTF-8.
                throw new JsonException(thrown.Message, thrown);
            }
        }

        /// <summary>The current value as a whole number, or null.</summary>
        public int? NumberOrNull() => !json.Is(JsonTokenType.Number) ? null
            : json.TryGetInt32(out var number) ? number
            : throw new JsonException();

        /// <summary>The current value as true or false, or null.</summary>
        public bool? FlagOrNull() => json.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            JsonTokenType.Null => null,
            _ => throw new JsonException(),
        };

        private bool Is(JsonTokenType wanted) =>
            json.TokenType == wanted || (json.TokenType is JsonTokenType.Null ? false : throw new JsonException());
    }
}
