-- SPDX-License-Identifier: BSD-2-Clause
--
-- Signalling of hmip for Wireshark and tshark: the destination options of draft-13 with the
-- sub-options of homelessv6, AAP (hmip-aap(7)), and the encapsulation in UDP (doc/SIGNALLING.md).
--
--     tshark -X lua_script:hmip.lua -r FILE           or in ~/.local/lib/wireshark/plugins/
--
-- Wireshark itself dissects IPv6, the Authentication Header and the Home Address option. Filters:
-- hmip, hmip.bu, hmip.ba, hmip.br, hmip.aap, hmip.udp, hmip.address == 2001:db8::1,
-- hmip.bu.lifetime == 0, ...

local hmip = Proto("hmip", "Homeless Mobile IPv6")

local aap_kinds = { [1] = "Init", [2] = "Retry", [3] = "Response", [4] = "Confirm" }
local ba_status = {
	[0] = "accepted", [128] = "reason unspecified", [130] = "administratively prohibited",
	[131] = "insufficient resources", [132] = "home registration not supported",
	[133] = "not home subnet", [136] = "incorrect interface identifier length",
	[137] = "not home agent for this mobile node", [138] = "duplicate address detection failed",
}

local f = hmip.fields
f.bu = ProtoField.none("hmip.bu", "Binding Update")
f.bu_flags = ProtoField.uint8("hmip.bu.flags", "Flags", base.HEX)
f.bu_ack = ProtoField.bool("hmip.bu.flags.a", "A: acknowledge", 8, nil, 0x80)
f.bu_home = ProtoField.bool("hmip.bu.flags.h", "H: home registration", 8, nil, 0x40)
f.bu_router = ProtoField.bool("hmip.bu.flags.r", "R: router", 8, nil, 0x20)
f.bu_dad = ProtoField.bool("hmip.bu.flags.d", "D: duplicate address detection", 8, nil, 0x10)
f.bu_prefix = ProtoField.uint8("hmip.bu.prefix_length", "Prefix length")
f.bu_seq = ProtoField.uint16("hmip.bu.seq", "Sequence number")
f.bu_lifetime = ProtoField.uint32("hmip.bu.lifetime", "Lifetime (s)")
f.ba = ProtoField.none("hmip.ba", "Binding Acknowledgement")
f.ba_status = ProtoField.uint8("hmip.ba.status", "Status", base.DEC, ba_status)
f.ba_seq = ProtoField.uint16("hmip.ba.seq", "Sequence number")
f.ba_lifetime = ProtoField.uint32("hmip.ba.lifetime", "Lifetime (s)")
f.ba_refresh = ProtoField.uint32("hmip.ba.refresh", "Refresh (s)")
f.br = ProtoField.none("hmip.br", "Binding Request")
f.homeless = ProtoField.none("hmip.homeless", "Homeless Support")
f.unique_id = ProtoField.uint16("hmip.unique_id", "Unique Identifier", base.HEX)
f.challenge = ProtoField.bytes("hmip.challenge", "Challenge or Response")
f.address = ProtoField.ipv6("hmip.address", "Address")
f.other = ProtoField.bytes("hmip.suboption", "Unknown sub-option")
f.aap = ProtoField.uint8("hmip.aap", "AAP", base.DEC, aap_kinds)
f.aap_version = ProtoField.uint8("hmip.aap.version", "Version")
f.aap_spi = ProtoField.uint32("hmip.aap.spi", "SPI", base.HEX)
f.aap_nonce = ProtoField.bytes("hmip.aap.nonce", "Nonce")
f.aap_share = ProtoField.bytes("hmip.aap.share", "X25519 share")
f.aap_cookie = ProtoField.bytes("hmip.aap.cookie", "Cookie")
f.aap_sealed = ProtoField.bytes("hmip.aap.sealed", "Sealed state")
f.udp = ProtoField.none("hmip.udp", "Signalling in UDP")
f.keepalive = ProtoField.none("hmip.keepalive", "Keep-alive")

local malformed = ProtoExpert.new("hmip.malformed", "Malformed option", expert.group.MALFORMED,
	expert.severity.ERROR)
hmip.experts = { malformed }

local headers = Field.new("ipv6.dstopts")
local sources = Field.new("ipv6.src")
local in_udp = Field.new("hmip.udp")

-- Calls what(type, whole, data) for each option in range, padding passed over. Returns false if one
-- does not fit.
local function each_option(range, what)
	local at, len = 0, range:len()
	while at < len do
		local kind = range(at, 1):uint()
		if kind == 0 then
			at = at + 1
		else
			if at + 2 > len or at + 2 + range(at + 1, 1):uint() > len then
				return false
			end
			local size = range(at + 1, 1):uint()
			if kind ~= 1 then
				what(kind, range(at, size + 2), size > 0 and range(at + 2, size) or nil)
			end
			at = at + 2 + size
		end
	end
	return true
end

local function length(data)
	return data and data:len() or 0
end

-- Adds an address that is the octets of range, completed with the end of base. Returns its text.
local function add_address(tree, range, base)
	local bytes = range:bytes()
	if bytes:len() < 16 then
		bytes = bytes .. base:subset(bytes:len(), 16 - bytes:len())
	end
	local text = tostring(Address.ipv6((bytes:tohex():lower():gsub("%x%x%x%x", "%0:"):sub(1, 39))))
	local item = tree:add(f.address, range, Address.ipv6(text))
	if range:len() < 16 then
		item:append_text(" (" .. range:len() .. " octets are here)")
	end
	return text
end

-- The sub-options in range; src is the packet's source. Returns a text, and the addresses.
local function sub_options(tree, range, src)
	local said, addresses, base, good = {}, {}, src, true
	local function sub_option(kind, whole, data)
		local n = length(data)
		if kind == 0xf0 and n == 0 then
			tree:add(f.homeless, whole)
			table.insert(said, "Homeless")
		elseif kind == 0x02 and n == 2 then
			tree:add(f.unique_id, data)
		elseif kind == 0xf2 and n == 16 then
			tree:add(f.challenge, data)
			table.insert(said, "Challenge")
		elseif kind == 0x04 and n == 16 then
			base = data:bytes()
			addresses.alternate = true
			table.insert(addresses, add_address(tree, data, base))
		elseif kind == 0xf1 and n > 0 then
			local plen = 4 * (bit.rshift(data(0, 1):uint(), 6) + 1)
			local count = bit.band(data(0, 1):uint(), 0x3f)
			if n ~= 1 + plen * count then
				good = false
				return
			end
			for i = 0, count - 1 do
				table.insert(addresses, add_address(tree, data(1 + i * plen, plen), base))
			end
		else
			tree:add(f.other, whole)
		end
	end
	if range and not each_option(range, sub_option) then
		good = false
	end
	if not good then
		tree:add_proto_expert_info(malformed)
	end
	return said, addresses
end

local function rest(data, from)
	return data:len() > from and data(from) or nil
end

local function binding_update(tree, whole, data, src, src_text)
	local item = tree:add(f.bu, whole)
	if length(data) < 8 then
		item:add_proto_expert_info(malformed)
		return "BU"
	end
	local flags = item:add(f.bu_flags, data(0, 1))
	for _, flag in ipairs({ f.bu_ack, f.bu_home, f.bu_router, f.bu_dad }) do
		flags:add(flag, data(0, 1))
	end
	item:add(f.bu_prefix, data(1, 1))
	item:add(f.bu_seq, data(2, 2))
	item:add(f.bu_lifetime, data(4, 4))
	local said, addresses = sub_options(item, rest(data, 8), src)
	if not addresses.alternate then
		table.insert(addresses, 1, src_text)
	end
	local lifetime = data(4, 4):uint()
	local text = "BU " .. data(2, 2):uint() .. " "
	if lifetime == 0 and #addresses == 1 and not addresses.alternate then
		text = text .. "farewell of "	-- nothing else withdraws its own source
	elseif said[#said] == "Challenge" then
		text = text .. "Response of "
		table.remove(said)
	else
		text = text .. (lifetime == 0 and "withdraws " or "announces ")
	end
	text = text .. table.concat(addresses, ", ")
	if lifetime > 0 then
		text = text .. " for " .. lifetime .. " s"
	end
	if #said > 0 then
		text = text .. " (" .. table.concat(said, ", ") .. ")"
	end
	item:append_text(": " .. text:sub(4))
	return text
end

local function binding_ack(tree, whole, data, src)
	local item = tree:add(f.ba, whole)
	if length(data) < 11 then
		item:add_proto_expert_info(malformed)
		return "BA"
	end
	item:add(f.ba_status, data(0, 1))
	item:add(f.ba_seq, data(1, 2))
	item:add(f.ba_lifetime, data(3, 4))
	item:add(f.ba_refresh, data(7, 4))
	local said = sub_options(item, rest(data, 11), src)
	local status = data(0, 1):uint()
	local text = "BA " .. data(1, 2):uint()
	if status >= 128 then
		text = text .. " refuses: " .. (ba_status[status] or status)
	end
	if #said > 0 then
		text = text .. " (" .. table.concat(said, ", ") .. ")"
	end
	item:append_text(": " .. text:sub(4))
	return text
end

local function binding_request(tree, whole, data, src)
	local item = tree:add(f.br, whole)
	sub_options(item, data, src)
	return "BR"
end

-- What follows the four octets of the header, by kind: { field, octets }, ...; 0: all that is left.
local aap_layout = {
	[1] = { { f.aap_spi, 4 }, { f.aap_nonce, 16 }, { f.aap_share, 32 }, { f.aap_cookie, 20 } },
	[2] = { { f.aap_nonce, 16 }, { f.aap_cookie, 20 } },
	[3] = { { f.aap_spi, 4 }, { f.aap_nonce, 16 }, { f.aap_share, 32 }, { f.aap_sealed, 0 } },
	[4] = { { f.aap_sealed, 0 } },
}

-- Option 0x1e is for every experiment (RFC 4727): ours begin with "HM".
local function is_ours(kind, data)
	return kind ~= 0x1e or (length(data) >= 4 and data(0, 2):string() == "HM")
end

local function aap(tree, whole, data)
	local kind, at = data(3, 1):uint(), 4
	local item = tree:add(f.aap, whole, kind)
	item:add(f.aap_version, data(2, 1))
	for _, part in ipairs(aap_layout[kind] or {}) do
		local size = part[2] > 0 and part[2] or data:len() - at
		if size < 1 or at + size > data:len() then
			item:add_proto_expert_info(malformed)
			break
		end
		item:add(part[1], data(at, size))
		at = at + size
	end
	return "AAP " .. (aap_kinds[kind] or kind)
end

local options = { [0xc6] = binding_update, [0x07] = binding_ack, [0x08] = binding_request,
	[0x1e] = aap }

-- After IPv6 has been dissected: the destination options of the innermost packet.
function hmip.dissector(_, pinfo, tree)
	local found, all_sources = { headers() }, { sources() }
	local src = all_sources[#all_sources]
	if #found == 0 or not src then
		return
	end
	local top, said = nil, {}
	for _, header in ipairs(found) do
		if header.range:len() > 2 then
			each_option(header.range(2), function(kind, whole, data)
				if not options[kind] or not is_ours(kind, data) then
					return
				end
				top = top or tree:add(hmip)
				table.insert(said, options[kind](top, whole, data, src.range:bytes(),
					tostring(src.value)))
			end)
		end
	end
	if top then
		local text = table.concat(said, "; ")
		top:append_text(": " .. text)
		pinfo.cols.protocol = "HMIP"
		pinfo.cols.info = in_udp() and text .. " [UDP]" or text
	end
end
register_postdissector(hmip)

-- A datagram of port 434 that has a whole IPv6 packet in it; all others are Mobile IPv4's.
local udp = Proto("hmip_udp", "Homeless Mobile IPv6 in UDP")
local ipv6 = Dissector.get("ipv6")
local mobile_ipv4 = DissectorTable.get("udp.port"):get_dissector(434)

-- A frame that is cut short or wrong is no error of this script.
local function try(dissector, tvb, pinfo, tree)
	if not pcall(dissector.call, dissector, tvb, pinfo, tree) then
		tree:add_proto_expert_info(malformed)
	end
end

function udp.dissector(tvb, pinfo, tree)
	if tvb:len() == 1 and tvb(0, 1):uint() == 0xff then
		tree:add(f.keepalive, tvb())
		pinfo.cols.protocol = "HMIP"
		pinfo.cols.info = "keep-alive"
	elseif tvb:len() >= 40 and bit.rshift(tvb(0, 1):uint(), 4) == 6 and
	   tvb(4, 2):uint() == tvb:len() - 40 then
		tree:add(f.udp, tvb(0, 0))
		try(ipv6, tvb, pinfo, tree)
	elseif mobile_ipv4 then
		try(mobile_ipv4, tvb, pinfo, tree)
	end
	return tvb:len()
end
DissectorTable.get("udp.port"):add(434, udp)
