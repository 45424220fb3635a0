using System.Collections;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>Fills messages from nodes, strictly: what has no place or the wrong type is an error, and reading goes on after it.</summary>
internal sealed class MessageReader(ErrorList errors)
{
    /// <param name="skip">Names that the caller has dealt with.</param>
    public void Read(MappingNode mapping, IMessage message, string path, params ReadOnlySpan<string> skip)
    {
        var fields = MessageFields.Of(message.Descriptor);
        ReportDuplicates(mapping, path);
        foreach (var entry in mapping.Entries)
        {
            if (skip.Contains(entry.Key) || fields.Ignored.Contains(entry.Key))
            {
                continue;
            }

            var child = Join(path, entry.Key);
            if (fields.Find(entry.Key) is not { } field)
            {
                errors.Add(entry.Line, entry.Column, child, $"unknown field{NameSuggestion.Hint(entry.Key, fields.All.Select(f => f.Name))}");
            }
            else if (entry.Value is not ScalarNode { Kind: ScalarKind.Null })
            {
                ReadField(entry.Value, field, field.HolderForWriting(message), child);
            }
        }
    }

    private void ReportDuplicates(MappingNode mapping, string path)
    {
        foreach (var (again, firstLine) in mapping.Duplicates)
        {
            errors.Add(again.Line, again.Column, Join(path, again.Key), $"is already given in line {firstLine}");
        }
    }

    private static string Join(string path, string name)
    {
        var isPlain = name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
        return isPlain ? (path.Length == 0 ? name : $"{path}.{name}") : $"{path}[{name}]";
    }

    private void ReadField(ManifestNode node, JsonField json, IMessage holder, string path)
    {
        var field = json.Field;
        if (field.IsMap)
        {
            ReadMap(node, field, (IDictionary)field.Accessor.GetValue(holder), path);
        }
        else if (field.IsRepeated)
        {
            ReadList(node, field, (IList)field.Accessor.GetValue(holder), path);
        }
        else if (ReadValue(node, field, path) is { } value)
        {
            field.Accessor.SetValue(holder, value);
        }
    }

    private void ReadMap(ManifestNode node, FieldDescriptor field, IDictionary map, string path)
    {
        if (node is not MappingNode mapping)
        {
            WrongType(node, path, "a mapping");
            return;
        }

        ReportDuplicates(mapping, path);
        var valueField = field.MessageType.FindFieldByName("value");
        foreach (var entry in mapping.Entries)
        {
            // A key without a value is an empty text, as in a ConfigMap's data.
            var isEmpty = entry.Value is ScalarNode { Kind: ScalarKind.Null } && valueField.FieldType == FieldType.String;
            if ((isEmpty ? "" : ReadValue(entry.Value, valueField, Join(path, entry.Key))) is { } value)
            {
                map[entry.Key] = value;
            }
        }
    }

    private void ReadList(ManifestNode node, FieldDescriptor field, IList list, string path)
    {
        if (node is not SequenceNode sequence)
        {
            WrongType(node, path, "a list");
            return;
        }

        for (var i = 0; i < sequence.Items.Count; i++)
        {
            if (ReadValue(sequence.Items[i], field, $"{path}[{i}]") is { } value)
            {
                list.Add(value);
            }
        }
    }

    /// <returns>Null after an error.</returns>
    private object? ReadValue(ManifestNode node, FieldDescriptor field, string path) => field.FieldType switch
    {
        FieldType.String => ReadString(node, path),
        FieldType.Bool => node is ScalarNode { Kind: ScalarKind.Bool } flag ? flag.Text == "true" : WrongType(node, path, "true or false"),
        FieldType.Int32 => ReadInteger(node, path, int.MinValue, int.MaxValue) is { } number ? (int)number : null,
        FieldType.Int64 => ReadInteger(node, path, long.MinValue, long.MaxValue),
        FieldType.Bytes => ReadBytes(node, path),
        FieldType.Message => ReadMessage(node, field.MessageType, path),
        _ => throw new NotSupportedException($"the API's schemas have no fields of type {field.FieldType}, as {field.FullName} is"),
    };

    private object? ReadMessage(ManifestNode node, MessageDescriptor type, string path)
    {
        if (MessageFields.IsValue(type))
        {
            return ReadValueMessage(node, type, path);
        }

        if (node is not MappingNode mapping)
        {
            return WrongType(node, path, "a mapping");
        }

        var message = type.Parser.ParseFrom(ByteString.Empty);
        Read(mapping, message, path);
        return message;
    }

    private object? ReadValueMessage(ManifestNode node, MessageDescriptor type, string path)
    {
        if (type == RawExtension.Descriptor)
        {
            return new RawExtension { Raw = ByteString.CopyFromUtf8(NodeJson.Write(node)) };
        }

        if (type == Quantity.Descriptor)
        {
            return ReadQuantity(node, path);
        }

        if (type == IntOrString.Descriptor)
        {
            return node is ScalarNode { Kind: ScalarKind.String } text
                ? IntOrString.From(text.Text)
                : ReadInteger(node, path, int.MinValue, int.MaxValue) is { } number ? IntOrString.From((int)number) : null;
        }

        if (ReadString(node, path) is not { } time)
        {
            return null;
        }

        object? value = type == Time.Descriptor
            ? Time.TryParse(time, out var seconds) ? seconds : null
            : MicroTime.TryParse(time, out var micros) ? micros : null;
        return value ?? Fail(node, path, $"\"{time}\" is no time; one such as 2026-11-21T04:05:06Z is wanted");
    }

    private Quantity? ReadQuantity(ManifestNode node, string path)
    {
        if (node is not ScalarNode { Kind: ScalarKind.String or ScalarKind.Integer or ScalarKind.Float } scalar)
        {
            WrongType(node, path, "a quantity such as 500m or 2Gi");
            return null;
        }

        if (QuantityValue.TryParseOrExplain(scalar.Text.Trim(), out var value) is { } error)
        {
            Fail(node, path, $"the quantity \"{scalar.Text}\" {error}");
            return null;
        }

        return Quantity.From(value);
    }

    private string? ReadString(ManifestNode node, string path)
    {
        if (node is ScalarNode { Kind: ScalarKind.String } text)
        {
            return text.Text;
        }

        var hint = node is ScalarNode { Kind: not ScalarKind.Null } ? "; put it in quotes" : "";
        Fail(node, path, $"a string is wanted, not {node.Describe()}{hint}");
        return null;
    }

    private long? ReadInteger(ManifestNode node, string path, long min, long max)
    {
        if (node is not ScalarNode { Kind: ScalarKind.Integer or ScalarKind.Float } scalar)
        {
            WrongType(node, path, "a whole number");
            return null;
        }

        if (!decimal.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || number != decimal.Truncate(number))
        {
            WrongType(node, path, "a whole number");
            return null;
        }

        if (number < min || number > max)
        {
            Fail(node, path, string.Create(CultureInfo.InvariantCulture, $"{scalar.Text} is not between {min} and {max}"));
            return null;
        }

        return (long)number;
    }

    private ByteString? ReadBytes(ManifestNode node, string path)
    {
        if (ReadString(node, path) is not { } text)
        {
            return null;
        }

        try
        {
            return ByteString.FromBase64(text);
        }
        catch (FormatException)
        {
            Fail(node, path, "this is no base64");
            return null;
        }
    }

    private object? WrongType(ManifestNode node, string path, string wanted) => Fail(node, path, $"{wanted} is wanted, not {node.Describe()}");

    private object? Fail(ManifestNode node, string path, string message)
    {
        errors.Add(node, path, message);
        return null;
    }
}
