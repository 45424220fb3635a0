using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>Reads YAML into nodes, a document at a time.</summary>
internal sealed class YamlTree
{
    private const string MergeKey = "<<";

    private readonly Parser _parser;
    private readonly Dictionary<string, ManifestNode?> _anchors = new(StringComparer.Ordinal);
    private int _depth;
    private int _nodes;

    private YamlTree(string text)
    {
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>The documents up to the first that is no YAML; empty ones are left out.</summary>
    public static List<ManifestNode> Read(string text, ErrorList errors)
    {
        var documents = new List<ManifestNode>();
        var tree = new YamlTree(text);
        try
        {
            tree._parser.Consume<StreamStart>();
            while (!tree._parser.Accept<StreamEnd>(out _))
            {
                tree._parser.Consume<DocumentStart>();
                tree._anchors.Clear();
                tree._nodes = 0;
                var root = tree.ReadNode();
                if (root is not ScalarNode { Kind: ScalarKind.Null })
                {
                    documents.Add(root);
                }

                tree._parser.Consume<DocumentEnd>();
            }
        }
        catch (YamlException e)
        {
            errors.Add((int)e.Start.Line, (int)e.Start.Column, "", $"this is no YAML: {Clean(e)}");
        }

        return documents;
    }

    private static string Clean(YamlException e) => (e.InnerException?.Message ?? e.Message).TrimEnd('.');

    private ManifestNode ReadNode()
    {
        var next = _parser.Current!;
        if (_depth >= ManifestLimits.MaxDepth)
        {
            throw new YamlException(next.Start, next.End, $"values are nested more than {ManifestLimits.MaxDepth} deep");
        }

        _depth++;
        var node = next switch
        {
            AnchorAlias alias => ReadAlias(alias),
            Scalar => ReadScalar(),
            SequenceStart => ReadSequence(),
            MappingStart => ReadMapping(),
            _ => throw new YamlException(next.Start, next.End, $"a value is expected"),
        };
        _depth--;
        return node;
    }

    private ManifestNode ReadAlias(AnchorAlias alias)
    {
        _parser.Consume<AnchorAlias>();
        if (!_anchors.TryGetValue(alias.Value.Value, out var node))
        {
            throw new YamlException(alias.Start, alias.End, $"no anchor is named \"{alias.Value.Value}\"");
        }

        if (node is null)
        {
            throw new YamlException(alias.Start, alias.End, $"the alias \"{alias.Value.Value}\" stands within what it stands for");
        }

        Count(alias, node.Size);
        return node;
    }

    private ScalarNode ReadScalar()
    {
        var scalar = _parser.Consume<Scalar>();
        Count(scalar, 1);
        var isString = scalar.IsQuotedImplicit || scalar.Style is ScalarStyle.Literal or ScalarStyle.Folded || IsStringTag(scalar.Tag);
        var (kind, text) = isString ? (ScalarKind.String, scalar.Value) : YamlScalars.Resolve(scalar.Value);
        return Remember(scalar, new ScalarNode(kind, text, Line(scalar), Column(scalar)));
    }

    private SequenceNode ReadSequence()
    {
        var start = _parser.Consume<SequenceStart>();
        Announce(start);
        Count(start, 1);
        var sequence = new SequenceNode(Line(start), Column(start));
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            sequence.Add(ReadNode());
        }

        return Remember(start, sequence);
    }

    private MappingNode ReadMapping()
    {
        var start = _parser.Consume<MappingStart>();
        Announce(start);
        Count(start, 1);
        var mapping = new MappingNode(Line(start), Column(start));
        var merged = new List<MappingNode>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var keyEvent = _parser.Current!;
            var isMerge = keyEvent is Scalar { Value: MergeKey, IsQuotedImplicit: false, Style: ScalarStyle.Plain };
            if (ReadNode() is not ScalarNode { Kind: not ScalarKind.Null } key)
            {
                throw new YamlException(keyEvent.Start, keyEvent.End, "a key must be a name, not null, a list or a mapping");
            }

            var value = ReadNode();
            if (isMerge)
            {
                merged.AddRange(ToMerge(value, keyEvent));
            }
            else
            {
                mapping.Add(new MappingEntry(key.Text, key.Line, key.Column, value));
            }
        }

        foreach (var entry in merged.SelectMany(m => m.Entries))
        {
            mapping.AddUnlessGiven(entry);
        }

        return Remember(start, mapping);
    }

    private static IEnumerable<MappingNode> ToMerge(ManifestNode value, ParsingEvent at) => value switch
    {
        MappingNode mapping => [mapping],
        SequenceNode list when list.Items.All(i => i is MappingNode) => list.Items.Cast<MappingNode>(),
        _ => throw new YamlException(at.Start, at.End, "\"<<\" takes a mapping or a list of mappings"),
    };

    /// <summary>The anchor is known from here on, but not yet complete.</summary>
    private void Announce(NodeEvent start)
    {
        if (!start.Anchor.IsEmpty)
        {
            _anchors[start.Anchor.Value] = null;
        }
    }

    private T Remember<T>(NodeEvent start, T node)
        where T : ManifestNode
    {
        if (!start.Anchor.IsEmpty)
        {
            _anchors[start.Anchor.Value] = node;
        }

        return node;
    }

    private void Count(ParsingEvent at, int size)
    {
        _nodes += size;
        if (_nodes is > ManifestLimits.MaxNodes or < 0)
        {
            throw new YamlException(at.Start, at.End, $"the document has more than {ManifestLimits.MaxNodes} values, aliases followed");
        }
    }

    private static bool IsStringTag(TagName tag) => !tag.IsEmpty && tag.Value == "tag:yaml.org,2002:str";

    private static int Line(ParsingEvent e) => (int)e.Start.Line;

    private static int Column(ParsingEvent e) => (int)e.Start.Column;
}
